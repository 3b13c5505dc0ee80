// One operator put together from the primitives of space/network_builder.h: the only description of what it computes.
//
// Names of modules (and so of tensors) inside an operator follow the published code of its method; see the functions.
#ifndef NASSHRINK_SPACE_BUILD_OPERATOR_H_
#define NASSHRINK_SPACE_BUILD_OPERATOR_H_

#include <optional>

#include "base/status.h"
#include "space/network_builder.h"
#include "space/space.h"

namespace nasshrink::space {

// What an operator passes on; nothing where it breaks the path.
using Passed = std::optional<Tensor>;

// What `op` computes from `in`; the result has the shape `out`. A picture of another size than `in`'s means a stride.
// Errors name the field below the operator ("kind", "graph[2].attributes"): INVALID_ARGUMENT where the operator does
// not fit the shapes.
base::Result<Passed> BuildOperator(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder);

// DARTS: ReLU, two 1x1 convolutions that halve the picture, the second from the next pixel on, side by side, batch
// norm.
Tensor BuildFactorizedReduce(const Tensor& in, const Shape& out, NetworkBuilder* builder);

// Convolution `name` without bias and batch norm `norm`; channels must divide by the groups.
Tensor BuildConvNorm(std::string_view name, std::string_view norm, const Tensor& in, const Shape& out,
                     const Window& window, Affine affine, NetworkBuilder* builder);

// The function that an attribute "activation" or a primitive of a graph names; nothing for "none".
std::optional<Function> FunctionNamed(std::string_view name);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_BUILD_OPERATOR_H_
