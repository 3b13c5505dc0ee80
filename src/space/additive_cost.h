// Costs that are a constant plus one number per chosen candidate, in exact integers.
//
// Multiply-adds and parameters are integers; latencies are rounded to whole nanoseconds, as are the ends of their
// windows (our decision, so that counting stays exact).
#ifndef NASSHRINK_SPACE_ADDITIVE_COST_H_
#define NASSHRINK_SPACE_ADDITIVE_COST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "space/cost.h"
#include "space/space.h"

namespace nasshrink::space {

struct AdditiveCost {
  std::string name;
  int64_t fixed = 0;
  std::vector<std::vector<int64_t>> table;  // [choice][candidate]
};

AdditiveCost MacsOf(const CostModel& model);
AdditiveCost ParamsOf(const CostModel& model);

// The named cost's own terms: milliseconds for "latency_ms", which is kept in nanoseconds, else the number itself.
double AmountOf(std::string_view cost, int64_t units);

// Whole nanoseconds. INVALID_ARGUMENT for a time that is negative, not finite or above 1e9 ms.
base::Result<int64_t> Nanoseconds(double milliseconds, const std::string& field);

// The least and the most that a child of the space costs.
struct CostEnds {
  int64_t min = 0;
  int64_t max = 0;
};
CostEnds EndsOf(const Space& space, const AdditiveCost& cost);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_ADDITIVE_COST_H_
