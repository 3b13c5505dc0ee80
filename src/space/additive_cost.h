// Costs that are a constant plus one number per chosen candidate, in exact integers.
//
// Multiply-adds and parameters are integers; latencies are rounded to whole nanoseconds, as are the ends of their
// windows (our decision, so that counting stays exact).
#ifndef NASSHRINK_SPACE_ADDITIVE_COST_H_
#define NASSHRINK_SPACE_ADDITIVE_COST_H_

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/architecture.pb.h"
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

// Nanoseconds. INVALID_ARGUMENT for an index out of range, an entry given twice, an alive candidate without an entry
// or a time that is negative, not finite or above 1e9 ms.
base::Result<AdditiveCost> LatencyOf(const Space& space, const v1::LatencyTable& table);

// A window with both ends included; fixed + sum of the table must lie inside.
struct CostWindow {
  AdditiveCost cost;
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
};

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_ADDITIVE_COST_H_
