#include "search/fresh_children.h"

#include <algorithm>
#include <utility>

#include "space/cost_windows.h"

namespace nasshrink::search {
namespace {

constexpr uint64_t kMaxRepeats = 1'000'000;

}  // namespace

FreshChildren::FreshChildren(std::vector<space::CostWindow> windows, space::FeasibleSet feasible, uint64_t seed)
    : windows_(std::move(windows)), feasible_(std::move(feasible)), seed_(seed) {}

base::Result<FreshChildren> FreshChildren::Make(const space::Space& space, const v1::SearchOptions& options,
                                                uint64_t seed) {
  NASSHRINK_ASSIGN_OR_RETURN(
      auto windows, space::WindowsOf(space, options.constraints(), options.has_latency() ? &options.latency() : nullptr,
                                     "search.constraints"));
  NASSHRINK_ASSIGN_OR_RETURN(auto feasible, space::FeasibleSet::Make(space, {windows, {}, {}}));
  NASSHRINK_RETURN_IF_ERROR(feasible.CheckNotEmpty("search.constraints"));
  return FreshChildren(std::move(windows), std::move(feasible), seed);
}

std::optional<space::Architecture> FreshChildren::Draw() {
  if (Exhausted()) return std::nullopt;
  // Drawing again keeps the draw uniform over what is left. Where the number of children is known some are left, so
  // this ends; where only bounds are known, so many repeats in a row mean that none is left.
  for (uint64_t repeats = 0; feasible_.exact() || repeats < kMaxRepeats; ++repeats) {
    space::Architecture child = feasible_.Draw(seed_, base::Purpose::kSearch, draws_++);
    if (seen_.insert(child).second) return child;
  }
  return std::nullopt;
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

bool FreshChildren::Exhausted() const { return feasible_.most() <= seen_.size(); }

}  // namespace nasshrink::search
