// Operators that users put together from primitives, in plain tensor code.
#ifndef NASSHRINK_TESTS_NN_PLAIN_GRAPH_H_
#define NASSHRINK_TESTS_NN_PLAIN_GRAPH_H_

#include <cstdint>
#include <vector>

#include "nn/plain_scope.h"
#include "space/space.h"

namespace nasshrink::nn {

// The value of the last primitive. The first convolution or pooling on every path from x takes the stride.
at::Tensor PlainGraph(const std::vector<space::Primitive>& graph, const at::Tensor& x, int64_t stride,
                      const PlainScope& scope);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_TESTS_NN_PLAIN_GRAPH_H_
