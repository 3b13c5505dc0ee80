// A user's own operator, a graph of primitives.
#ifndef NASSHRINK_SPACE_BUILD_GRAPH_H_
#define NASSHRINK_SPACE_BUILD_GRAPH_H_

#include <vector>

#include "base/status.h"
#include "space/network_builder.h"
#include "space/space.h"

namespace nasshrink::space {

// The result of the last primitive. Where the picture shrinks, the first convolution or pooling on every path from the
// input takes the stride; the channels of the last primitive must be those of `out`. The module of primitive p has the
// name "p". Errors name fields below the operator.
base::Result<Tensor> BuildGraph(const std::vector<Primitive>& graph, const Tensor& in, const Shape& out,
                                NetworkBuilder* builder);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_BUILD_GRAPH_H_
