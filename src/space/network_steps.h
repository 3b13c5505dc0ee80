// Layers and whole children as steps.
#ifndef NASSHRINK_SPACE_NETWORK_STEPS_H_
#define NASSHRINK_SPACE_NETWORK_STEPS_H_

#include <vector>

#include "base/status.h"
#include "space/space.h"
#include "space/steps.h"

namespace nasshrink::space {

// A layer's candidate, operator or cell; `none` makes zeros. Errors name the field below the candidate.
base::Result<Tensor> AddCandidate(const Candidate& candidate, const Tensor& in, const Shape& out, Steps* steps);

// The child at the shapes of ShapesOf (space/validate_network.h). The architecture must be one of the space's.
base::Result<Steps> StepsOf(const Space& space, const std::vector<Shape>& shapes, const Architecture& architecture,
                            Counting counting);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_NETWORK_STEPS_H_
