// Which children are wanted: windows on additive costs, and operators that they must or must not have.
#ifndef NASSHRINK_SPACE_CHILD_FILTER_H_
#define NASSHRINK_SPACE_CHILD_FILTER_H_

#include <cstdint>
#include <vector>

#include "space/additive_cost.h"

namespace nasshrink::space {

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
