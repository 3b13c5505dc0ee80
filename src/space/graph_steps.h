// A user's own operator, a graph of primitives, as steps.
#ifndef NASSHRINK_SPACE_GRAPH_STEPS_H_
#define NASSHRINK_SPACE_GRAPH_STEPS_H_

#include <vector>

#include "base/status.h"
#include "space/space.h"
#include "space/steps.h"

namespace nasshrink::space {

// The result of the last primitive. Where the picture shrinks, the first convolution or pooling on every path from the
// input takes the stride; the channels of the last primitive must be those of `out`. Errors name fields below the
// operator.
base::Result<Tensor> AddGraph(const std::vector<Primitive>& graph, const Tensor& in, const Shape& out, Steps* steps);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_GRAPH_STEPS_H_
