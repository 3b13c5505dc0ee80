#include "space/packed_costs.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

namespace nasshrink::space {
namespace {

__extension__ using Wide = __int128;

constexpr uint64_t kMaxKey = std::numeric_limits<int64_t>::max();

int64_t LeastOf(const CostLevel& level, size_t window, size_t windows) {
  int64_t least = std::numeric_limits<int64_t>::max();
  for (size_t at = window; at < level.costs.size(); at += windows) least = std::min(least, level.costs[at]);
  return least;
}

Wide FloorDivide(Wide value, Wide by) { return value >= 0 ? value / by : -((-value + by - 1) / by); }

int64_t Clamped(Wide value, int64_t most) { return static_cast<int64_t>(std::clamp<Wide>(value, -1, Wide{most} + 1)); }

// One window's units of every alternative, and what rounding loses at most.
struct Rounded {
  std::vector<std::vector<uint64_t>> units;  // [level][alternative]
  std::vector<int64_t> rest;                 // [level]: most units that the levels from here on add
  Wide base = 0;
  Wide lost = 0;
};

Rounded Round(const std::vector<CostLevel>& levels, const CostWindow& window, size_t index, size_t windows,
              int64_t quantum) {
  Rounded rounded;
  rounded.base = window.cost.fixed;
  rounded.units.resize(levels.size());
  rounded.rest.assign(levels.size() + 1, 0);
  for (size_t l = levels.size(); l-- > 0;) {
    const int64_t least = LeastOf(levels[l], index, windows);
    int64_t most_units = 0;
    int64_t most_lost = 0;
    for (size_t a = 0; a < levels[l].alternatives; ++a) {
      const int64_t above = levels[l].costs[a * windows + index] - least;
      rounded.units[l].push_back(static_cast<uint64_t>(above / quantum));
      most_units = std::max(most_units, above / quantum);
      most_lost = std::max(most_lost, above % quantum);
    }
    rounded.base += least;
    rounded.lost += most_lost;
    rounded.rest[l] = rounded.rest[l + 1] + most_units;
  }
  return rounded;
}

PackedCosts::Steps Grouped(const std::vector<uint64_t>& keys) {
  std::map<uint64_t, std::vector<uint32_t>> groups;
  for (size_t a = 0; a < keys.size(); ++a) groups[keys[a]].push_back(static_cast<uint32_t>(a));
  PackedCosts::Steps steps;
  for (const auto& [key, members] : groups) {
    steps.keys.push_back(key);
    steps.first.push_back(static_cast<uint32_t>(steps.members.size()));
    steps.members.insert(steps.members.end(), members.begin(), members.end());
  }
  steps.first.push_back(static_cast<uint32_t>(steps.members.size()));
  return steps;
}

}  // namespace

std::vector<int64_t> ExactQuanta(const std::vector<CostLevel>& levels, size_t windows) {
  std::vector<int64_t> quanta(windows, 0);
  for (size_t w = 0; w < windows; ++w) {
    for (const CostLevel& level : levels) {
      const int64_t least = LeastOf(level, w, windows);
      for (size_t at = w; at < level.costs.size(); at += windows) {
        quanta[w] = std::gcd(quanta[w], level.costs[at] - least);
      }
    }
    quanta[w] = std::max<int64_t>(quanta[w], 1);
  }
  return quanta;
}

std::optional<PackedCosts> PackedCosts::Make(const std::vector<CostLevel>& levels,
                                             const std::vector<CostWindow>& windows,
                                             const std::vector<int64_t>& quanta) {
  PackedCosts packed;
  std::vector<std::vector<uint64_t>> keys(levels.size());
  for (size_t l = 0; l < levels.size(); ++l) keys[l].assign(levels[l].alternatives, 0);
  uint64_t stride = 1;
  for (size_t w = 0; w < windows.size(); ++w) {
    const Rounded rounded = Round(levels, windows[w], w, windows.size(), quanta[w]);
    const int64_t units = rounded.rest[0];
    Window window;
    window.stride = stride;
    window.radix = static_cast<uint64_t>(units) + 1;
    if (window.radix > kMaxKey / stride) return std::nullopt;
    const Wide min = Wide{windows[w].min} - rounded.base;
    const Wide max = Wide{windows[w].max} - rounded.base;
    const int64_t high = Clamped(FloorDivide(max, quanta[w]), units);
    const Wide low = -FloorDivide(rounded.lost - min, quanta[w]);
    for (size_t l = 0; l <= levels.size(); ++l) {
      window.may.push_back({Clamped(low - rounded.rest[l], units), high});
    }
    window.surely = {Clamped(-FloorDivide(-min, quanta[w]), units),
                     Clamped(FloorDivide(max - rounded.lost, quanta[w]), units)};
    packed.exact_ = packed.exact_ && rounded.lost == 0;
    for (size_t l = 0; l < levels.size(); ++l) {
      for (size_t a = 0; a < keys[l].size(); ++a) keys[l][a] += stride * rounded.units[l][a];
    }
    stride *= window.radix;
    packed.windows_.push_back(std::move(window));
  }
  for (const std::vector<uint64_t>& level : keys) packed.steps_.push_back(Grouped(level));
  return packed;
}

bool PackedCosts::MayFit(uint64_t key, size_t level) const {
  for (const Window& window : windows_) {
    const int64_t units = UnitsOf(key, window);
    if (units < window.may[level].low || units > window.may[level].high) return false;
  }
  return true;
}

bool PackedCosts::SurelyFits(uint64_t key) const {
  for (const Window& window : windows_) {
    const int64_t units = UnitsOf(key, window);
    if (units < window.surely.low || units > window.surely.high) return false;
  }
  return true;
}

}  // namespace nasshrink::space
