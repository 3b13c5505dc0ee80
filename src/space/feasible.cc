#include "space/feasible.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "space/packed_costs.h"

namespace nasshrink::space {
namespace {

constexpr int64_t kCoarser = 4;
constexpr uint32_t kMaxListed = 1'000'000;
constexpr uint64_t kProbes = 1'000'000;

}  // namespace

base::Result<FeasibleSet> FeasibleSet::Make(const Space& space, ChildFilter filter, size_t max_bytes) {
  FeasibleSet set;
  for (size_t w = 0; w < filter.windows.size(); ++w) filter.windows[w].position = w;
  const auto times = std::stable_partition(filter.windows.begin(), filter.windows.end(),
                                           [](const CostWindow& window) { return window.times == nullptr; });
  set.looked_up_.assign(times, filter.windows.end());
  filter.windows.erase(times, filter.windows.end());
  set.filter_ = std::move(filter);
  set.choice_count_ = space.choices.size();
  NASSHRINK_ASSIGN_OR_RETURN(auto levels, CostLevelsOf(space, set.filter_));
  set.levels_ = std::make_shared<const std::vector<CostLevel>>(std::move(levels));
  for (const CostLevel& level : *set.levels_) {
    if (level.alternatives == 0) return set;
  }
  NASSHRINK_RETURN_IF_ERROR(set.BuildTables(max_bytes));
  set.most_ = set.counted_->most();
  set.least_ = set.looked_up_.empty() ? set.counted_->least() : BigInt(0);
  if (!set.check_) return set;
  set.ListIfSmall();
  if (!set.exact()) NASSHRINK_RETURN_IF_ERROR(set.Probe());
  return set;
}

base::Status FeasibleSet::BuildTables(size_t max_bytes) {
  const size_t windows = filter_.windows.size();
  for (size_t w = 0; w < windows; ++w) {
    Reach reach = {filter_.windows[w].cost.fixed, filter_.windows[w].cost.fixed};
    for (const CostLevel& level : *levels_) {
      int64_t least = std::numeric_limits<int64_t>::max();
      int64_t most = std::numeric_limits<int64_t>::min();
      for (size_t at = w; at < level.costs.size(); at += windows) {
        least = std::min(least, level.costs[at]);
        most = std::max(most, level.costs[at]);
      }
      reach.min += least;
      reach.max += most;
    }
    reach_.push_back(reach);
  }
  std::vector<int64_t> quanta = ExactQuanta(*levels_, windows);
  for (;;) {
    const auto packed = PackedCosts::Make(*levels_, filter_.windows, quanta);
    if (packed) {
      counted_ = CountedLevels::Make(*packed, max_bytes);
      check_ = !packed->exact() || !looked_up_.empty();
      if (counted_ != nullptr) return {};
    }
    bool coarser = false;
    for (size_t w = 0; w < windows; ++w) {
      if (quanta[w] > reach_[w].max - reach_[w].min) continue;
      quanta[w] *= kCoarser;
      coarser = true;
    }
    if (!coarser) {
      return base::Error(base::Code::kResourceExhausted,
                         "counting the children needs more than the memory limit of {} bytes", max_bytes);
    }
  }
}

// Few children behind a coarse table are looked at one by one, which makes their number exact.
void FeasibleSet::ListIfSmall() {
  if (most_ > kMaxListed) return;
  std::vector<uint32_t> listed;
  std::vector<uint32_t> alternatives(levels_->size());
  for (uint32_t i = 0; i < static_cast<uint32_t>(most_); ++i) {
    counted_->Nth(i, alternatives.data());
    if (Inside(alternatives)) listed.push_back(i);
  }
  least_ = most_ = listed.size();
  listed_ = std::make_shared<const std::vector<uint32_t>>(std::move(listed));
}

// Draws must end: where no child surely fits, one that does fit has to be seen first.
base::Status FeasibleSet::Probe() {
  if (least_ > 0) return {};
  std::vector<uint32_t> alternatives(levels_->size());
  base::Philox random(0, base::Purpose::kSampleSpace);
  for (uint64_t i = 0; i < kProbes; ++i) {
    counted_->Draw(&random, alternatives.data());
    if (!Inside(alternatives)) continue;
    least_ = 1;
    return {};
  }
  return base::Error(base::Code::kResourceExhausted,
                     "the windows are too narrow for the memory limit: none of {} children near them lies inside; take "
                     "wider windows, fewer of them or more memory",
                     kProbes);
}

// OK when the window lies within reach.
base::Status FeasibleSet::OutOfReach(const CostWindow& window, const Reach& reach, const std::string& field) const {
  if (window.min <= reach.max && window.max >= reach.min) return {};
  const auto shown = [&](int64_t value) { return AmountOf(window.cost.name, value); };
  const bool low = window.max < reach.min;
  return base::Status(base::Code::kFailedPrecondition, "no child of the space meets the constraints")
      .WithField(
          fmt::format("{}.{}", field, low ? "max" : "min"), fmt::format("{}", shown(low ? window.max : window.min)),
          fmt::format("{} of {}..{}, which children reach", window.cost.name, shown(reach.min), shown(reach.max)));
}

base::Status FeasibleSet::CheckNotEmpty(std::string_view field) const {
  if (!empty()) return {};
  for (size_t w = 0; w < reach_.size(); ++w) {
    const CostWindow& window = filter_.windows[w];
    NASSHRINK_RETURN_IF_ERROR(OutOfReach(window, reach_[w], fmt::format("{}[{}]", field, window.position)));
  }
  for (const CostWindow& window : looked_up_) {
    if (window.times->size() == 0) continue;
    NASSHRINK_RETURN_IF_ERROR(
        OutOfReach(window, {window.times->min(), window.times->max()}, fmt::format("{}[{}]", field, window.position)));
  }
  return base::Error(base::Code::kFailedPrecondition,
                     "{}: no child of the space meets the constraints, though each is within reach", field);
}

bool FeasibleSet::Inside(const std::vector<uint32_t>& alternatives) const {
  const size_t windows = filter_.windows.size();
  for (size_t w = 0; w < windows; ++w) {
    const CostWindow& window = filter_.windows[w];
    int64_t sum = window.cost.fixed;
    for (size_t l = 0; l < levels_->size(); ++l) sum += (*levels_)[l].costs[alternatives[l] * windows + w];
    if (sum < window.min || sum > window.max) return false;
  }
  if (looked_up_.empty()) return true;
  const Architecture child = ArchitectureOf(alternatives);
  return std::all_of(looked_up_.begin(), looked_up_.end(), [&](const CostWindow& window) {
    const auto time = window.times->Of(child);
    return time && window.min <= *time && *time <= window.max;
  });
}

Architecture FeasibleSet::ArchitectureOf(const std::vector<uint32_t>& alternatives) const {
  Architecture architecture(choice_count_);
  for (size_t l = 0; l < levels_->size(); ++l) {
    const CostLevel& level = (*levels_)[l];
    const uint32_t* row = &level.candidates[alternatives[l] * level.choices.size()];
    for (size_t c = 0; c < level.choices.size(); ++c) architecture[level.choices[c]] = row[c];
  }
  return architecture;
}

Architecture FeasibleSet::Draw(uint64_t seed, base::Purpose purpose, uint64_t step) const {
  base::Philox random(seed, purpose, step);
  std::vector<uint32_t> alternatives(levels_->size());
  if (listed_ != nullptr) {
    counted_->Nth((*listed_)[random.Below64(listed_->size())], alternatives.data());
    return ArchitectureOf(alternatives);
  }
  do {
    counted_->Draw(&random, alternatives.data());
  } while (check_ && !Inside(alternatives));
  return ArchitectureOf(alternatives);
}

}  // namespace nasshrink::space
