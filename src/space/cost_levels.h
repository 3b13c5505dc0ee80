// The digits of a space (space/digits.h) as lists: every alternative's candidates and what it costs.
#ifndef NASSHRINK_SPACE_COST_LEVELS_H_
#define NASSHRINK_SPACE_COST_LEVELS_H_

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "space/child_filter.h"
#include "space/space.h"

namespace nasshrink::space {

struct CostLevel {
  std::vector<uint32_t> choices;
  size_t alternatives = 0;
  std::vector<uint32_t> candidates;  // alternatives x choices
  std::vector<int64_t> costs;        // alternatives x windows
};

// Alternatives that the filter's operators rule out are left out; its windows only name the costs. INVALID_ARGUMENT
// for operators that are not alive or two required ones of one choice; RESOURCE_EXHAUSTED above 1,000,000 alternatives
// of one digit; FAILED_PRECONDITION for an open cell grammar.
base::Result<std::vector<CostLevel>> CostLevelsOf(const Space& space, const ChildFilter& filter);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_COST_LEVELS_H_
