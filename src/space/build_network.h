// Layers and whole networks put together from operators and cells.
#ifndef NASSHRINK_SPACE_BUILD_NETWORK_H_
#define NASSHRINK_SPACE_BUILD_NETWORK_H_

#include <vector>

#include "base/status.h"
#include "space/build_cell.h"
#include "space/network_builder.h"
#include "space/space.h"
#include "space/steps.h"

namespace nasshrink::space {

// A layer's candidate, operator or cell; `none` makes zeros. Errors name the field below the candidate.
base::Result<Tensor> BuildCandidate(const Candidate& candidate, const Tensor& in, const Shape& out,
                                    NetworkBuilder* builder);

// The network on `images`, at the shapes of ShapesOf (space/validate_network.h). `picks` holds one entry for all
// layers, or one for each cell layer in network order; layers that are no cells follow the first. In a layer's mixture
// the picked candidates add up.
base::Result<Tensor> BuildNetwork(const Space& space, const std::vector<Shape>& shapes, const std::vector<Picks>& picks,
                                  const Tensor& images, NetworkBuilder* builder);

// Layer `index`, which is no cell, on what comes into it.
base::Result<Tensor> BuildLayer(const Space& space, const std::vector<Shape>& shapes, const Picks& picks,
                                uint32_t index, const Tensor& in, NetworkBuilder* builder);

// The child's costs. The architecture must be one of the space's.
base::Result<Steps> StepsOf(const Space& space, const std::vector<Shape>& shapes, const Architecture& architecture,
                            Counting counting);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_BUILD_NETWORK_H_
