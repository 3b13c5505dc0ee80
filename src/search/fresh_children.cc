#include "search/fresh_children.h"

#include <algorithm>
#include <utility>

namespace nasshrink::search {

FreshChildren::FreshChildren(std::vector<space::CostWindow> windows, space::FeasibleSet feasible, uint64_t seed)
    : windows_(std::move(windows)), feasible_(std::move(feasible)), seed_(seed) {}

base::Result<FreshChildren> FreshChildren::Make(const space::Space& space, const v1::SearchOptions& options,
                                                uint64_t seed) {
  NASSHRINK_ASSIGN_OR_RETURN(
      auto windows, space::WindowsOf(space, options.constraints(), options.has_latency() ? &options.latency() : nullptr,
                                     "search.constraints"));
  NASSHRINK_ASSIGN_OR_RETURN(auto feasible, space::FeasibleSet::Make(space, windows));
  if (feasible.count() == 0) {
    return base::Error(base::Code::kFailedPrecondition,
                       "search.constraints: no child of the space meets the constraints");
  }
  return FreshChildren(std::move(windows), std::move(feasible), seed);
}

std::optional<space::Architecture> FreshChildren::Draw() {
  if (Exhausted()) return std::nullopt;
  // Some child is left, so this ends; drawing again keeps the draw uniform over what is left.
  for (;;) {
    space::Architecture child = feasible_.Draw(seed_, base::Purpose::kSearch, draws_++);
    if (seen_.insert(child).second) return child;
  }
}

bool FreshChildren::Take(const space::Architecture& child) { return Meets(child) && seen_.insert(child).second; }

bool FreshChildren::Meets(const space::Architecture& child) const {
  return std::all_of(windows_.begin(), windows_.end(), [&](const space::CostWindow& window) {
    int64_t sum = window.cost.fixed;
    for (size_t choice = 0; choice < child.size(); ++choice) {
      sum += window.cost.table[choice][child[choice]];
    }
    return window.min <= sum && sum <= window.max;
  });
}

bool FreshChildren::Exhausted() const { return feasible_.count() <= seen_.size(); }

}  // namespace nasshrink::search
