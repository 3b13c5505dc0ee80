#include "space/cost_quantile.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "space/cost_levels.h"
#include "space/packed_costs.h"

namespace nasshrink::space {
namespace {

constexpr uint64_t kMaxUnits = 4'000'000;
constexpr int64_t kCoarser = 4;

// Shares of the children by their cost in units. Nothing when there are too many units.
std::optional<std::vector<double>> Distribution(const PackedCosts& packed) {
  uint64_t units = 0;
  for (const PackedCosts::Steps& steps : packed.steps()) units += steps.keys.back();
  if (units > kMaxUnits) return std::nullopt;
  std::vector<double> shares(units + 1, 0.0);
  std::vector<double> next(units + 1, 0.0);
  shares[0] = 1;
  size_t reached = 1;
  for (const PackedCosts::Steps& steps : packed.steps()) {
    const size_t further = reached + steps.keys.back();
    std::fill_n(next.begin(), further, 0.0);
    for (size_t s = 0; s < steps.keys.size(); ++s) {
      const double weight =
          static_cast<double>(steps.first[s + 1] - steps.first[s]) / static_cast<double>(steps.members.size());
      double* to = next.data() + steps.keys[s];
      for (size_t unit = 0; unit < reached; ++unit) to[unit] += shares[unit] * weight;
    }
    shares.swap(next);
    reached = further;
  }
  return shares;
}

}  // namespace

base::Result<int64_t> CostQuantile(const Space& space, const AdditiveCost& cost, double share) {
  ChildFilter filter;
  filter.windows.push_back({cost});
  NASSHRINK_ASSIGN_OR_RETURN(const auto levels, CostLevelsOf(space, filter));
  int64_t base = cost.fixed;
  for (const CostLevel& level : levels) base += *std::min_element(level.costs.begin(), level.costs.end());
  std::vector<int64_t> quanta = ExactQuanta(levels, 1);
  for (;; quanta[0] *= kCoarser) {
    const auto packed = PackedCosts::Make(levels, filter.windows, quanta);
    const auto shares = packed ? Distribution(*packed) : std::nullopt;
    if (!shares) continue;
    // A share that was summed up to just below the one asked for counts as reached.
    constexpr double kRounding = 1e-12;
    double below = 0;
    size_t last = 0;
    for (size_t unit = 0; unit < shares->size(); ++unit) {
      if ((*shares)[unit] == 0) continue;
      last = unit;
      below += (*shares)[unit];
      if (below >= share - kRounding) break;
    }
    return base + static_cast<int64_t>(last) * quanta[0];
  }
}

}  // namespace nasshrink::space
