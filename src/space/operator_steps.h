// One operator as steps: which tensors it writes, and what that costs.
#ifndef NASSHRINK_SPACE_OPERATOR_STEPS_H_
#define NASSHRINK_SPACE_OPERATOR_STEPS_H_

#include <optional>

#include "base/status.h"
#include "space/space.h"
#include "space/steps.h"

namespace nasshrink::space {

// What an operator passes on; nothing where it breaks the path.
using Passed = std::optional<Tensor>;

// Appends what `op` computes from `in`; the result has the shape `out`. A picture of another size than `in`'s means a
// stride. Errors name the field below the operator ("kind", "graph[2].attributes"): INVALID_ARGUMENT where the operator
// does not fit the shapes.
base::Result<Passed> AddOperator(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps);

// Two shifted 1x1 convolutions that halve the picture, side by side, and a batch norm (DARTS).
Tensor AddFactorizedReduce(const Tensor& in, const Shape& out, Steps* steps);

// `kernel` x `kernel` convolution without bias; channels must divide by `groups`.
Tensor AddConv(uint32_t kernel, uint32_t groups, const Tensor& in, const Shape& out, Steps* steps);
// The same and a batch norm.
Tensor AddConvNorm(uint32_t kernel, uint32_t groups, const Tensor& in, const Shape& out, Steps* steps);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_OPERATOR_STEPS_H_
