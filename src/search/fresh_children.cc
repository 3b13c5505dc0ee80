#include "search/fresh_children.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "space/cost_windows.h"

namespace nasshrink::search {
namespace {

constexpr uint64_t kMaxRepeats = 1'000'000;

// The difference between the largest and the smallest sum, edges that a node may leave out counted as kept.
double RangeOf(const space::Space& space, const space::CostWindow& window) {
  if (window.times != nullptr) return std::max(1.0, static_cast<double>(window.times->max() - window.times->min()));
  const space::AdditiveCost& cost = window.cost;
  double range = 0;
  for (size_t choice = 0; choice < space.choices.size(); ++choice) {
    int64_t least = std::numeric_limits<int64_t>::max();
    int64_t most = std::numeric_limits<int64_t>::min();
    for (const uint32_t candidate : space.choices[choice].alive) {
      least = std::min(least, cost.table[choice][candidate]);
      most = std::max(most, cost.table[choice][candidate]);
    }
    range += static_cast<double>(most - least);
  }
  return range > 0 ? range : 1;
}

}  // namespace

FreshChildren::FreshChildren(const space::Space& space, std::vector<space::CostWindow> windows,
                             space::FeasibleSet feasible, uint64_t seed)
    : form_(space), feasible_(std::move(feasible)), seed_(seed) {
  for (space::CostWindow& window : windows) {
    const double range = RangeOf(space, window);
    windows_.push_back({std::move(window), range});
  }
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  most_ = feasible_.most() > kMost ? kMost : static_cast<uint64_t>(feasible_.most());
}

base::Result<FreshChildren> FreshChildren::Make(const space::Space& space, const v1::SearchOptions& options,
                                                uint64_t seed) {
  NASSHRINK_ASSIGN_OR_RETURN(
      auto windows, space::WindowsOf(space, options.constraints(), options.has_latency() ? &options.latency() : nullptr,
                                     "search.constraints"));
  NASSHRINK_ASSIGN_OR_RETURN(auto feasible, space::FeasibleSet::Make(space, {windows, {}, {}}));
  NASSHRINK_RETURN_IF_ERROR(feasible.CheckNotEmpty("search.constraints"));
  return FreshChildren(space, std::move(windows), std::move(feasible), seed);
}

std::optional<space::Architecture> FreshChildren::Draw() {
  if (Exhausted()) return std::nullopt;
  // Drawing again keeps the draw uniform over what is left. Where the number of children is known some are left, so
  // this ends; where only bounds are known, so many repeats in a row mean that none is left.
  for (uint64_t repeats = 0; feasible_.exact() || repeats < kMaxRepeats; ++repeats) {
    space::Architecture child = DrawAny();
    if (!numbers_.try_emplace(child, next_).second) continue;
    ++next_;
    return child;
  }
  return std::nullopt;
}

bool FreshChildren::Take(const space::Architecture& child) {
  const bool taken = Readmit(child, next_);
  next_ += taken ? 1 : 0;
  return taken;
}

bool FreshChildren::Readmit(const space::Architecture& child, uint64_t number) {
  return Meets(child) && numbers_.try_emplace(child, number).second;
}

uint64_t FreshChildren::NumberOf(const space::Architecture& child) const {
  const auto found = numbers_.find(child);
  return found == numbers_.end() ? 0 : found->second;
}

double FreshChildren::Excess(const space::Architecture& child) const {
  double excess = 0;
  for (const Window& each : windows_) {
    const auto& times = each.window.times;
    const auto value = times != nullptr ? times->Of(child) : form_.Sum(each.window.cost, child);
    if (!value) {
      excess += 1;  // not measured: as far outside as the whole range
      continue;
    }
    const int64_t sum = *value;
    if (sum < each.window.min) excess += static_cast<double>(each.window.min - sum) / each.range;
    if (sum > each.window.max) excess += static_cast<double>(sum - each.window.max) / each.range;
  }
  return excess;
}

}  // namespace nasshrink::search
