// Which children are wanted: windows on additive costs, and operators that they must or must not have.
#ifndef NASSHRINK_SPACE_CHILD_FILTER_H_
#define NASSHRINK_SPACE_CHILD_FILTER_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "space/additive_cost.h"
#include "space/child_times.h"

namespace nasshrink::space {

// A window with both ends included: fixed + sum of the table must lie inside, or the time that is looked up. A child
// without one lies outside.
struct CostWindow {
  AdditiveCost cost;  // all zero with `times`
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
  std::shared_ptr<const ChildTimes> times;  // null for an additive cost
  size_t position = 0;                      // FeasibleSet's: its place in the filter, for errors
};

struct Operator {
  uint32_t choice = 0;
  uint32_t candidate = 0;
};

struct ChildFilter {
  std::vector<CostWindow> windows;
  // A child contains an operator when it has the candidate and, for an edge that its node may leave out, keeps it.
  std::vector<Operator> containing;
  std::vector<Operator> excluding;
};

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_CHILD_FILTER_H_
