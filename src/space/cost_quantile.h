// Quantiles of an additive cost over all children of a space.
#ifndef NASSHRINK_SPACE_COST_QUANTILE_H_
#define NASSHRINK_SPACE_COST_QUANTILE_H_

#include <cstdint>

#include "base/status.h"
#include "space/additive_cost.h"
#include "space/space.h"

namespace nasshrink::space {

// The smallest cost of a child that at least `share` (above 0, at most 1) of the children do not exceed. The shares are
// added up in double precision.
// Where costs spread over more than 4,000,000 units (their greatest common divisor), they are rounded down to a quantum
// first and the quantile is that of the rounded costs, below the true one by at most a quantum a digit of the space.
base::Result<int64_t> CostQuantile(const Space& space, const AdditiveCost& cost, double share);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_COST_QUANTILE_H_
