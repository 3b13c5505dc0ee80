#include "space/cost_quantile.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "space/cost_levels.h"
#include "space/packed_costs.h"

namespace nasshrink::space {
namespace {

constexpr size_t kMaxValues = 2'000'000;
constexpr int64_t kCoarser = 4;

struct Share {
  uint64_t key = 0;
  double share = 0;
};
using Shares = std::vector<Share>;  // ascending by key

Shares Merged(const Shares& a, const Shares& b) {
  Shares out;
  out.reserve(a.size() + b.size());
  size_t j = 0;
  for (const Share& next : a) {
    while (j < b.size() && b[j].key < next.key) out.push_back(b[j++]);
    out.push_back(next);
    if (j < b.size() && b[j].key == next.key) out.back().share += b[j++].share;
  }
  out.insert(out.end(), b.begin() + static_cast<ptrdiff_t>(j), b.end());
  return out;
}

Shares Added(const Shares& shares, const PackedCosts::Steps& steps, size_t begin, size_t end) {
  if (end - begin > 1) {
    const size_t middle = begin + (end - begin) / 2;
    return Merged(Added(shares, steps, begin, middle), Added(shares, steps, middle, end));
  }
  Shares shifted = shares;
  const double weight =
      static_cast<double>(steps.first[begin + 1] - steps.first[begin]) / static_cast<double>(steps.members.size());
  for (Share& share : shifted) {
    share.key += steps.keys[begin];
    share.share *= weight;
  }
  return shifted;
}

// Nothing when there are too many values.
std::optional<Shares> Distribution(const PackedCosts& packed) {
  Shares shares = {{0, 1}};
  for (const PackedCosts::Steps& steps : packed.steps()) {
    shares = Added(shares, steps, 0, steps.keys.size());
    if (shares.size() > kMaxValues) return std::nullopt;
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
    double below = 0;
    for (const Share& next : *shares) {
      below += next.share;
      // A share that was summed up to just below the one asked for counts as reached.
      constexpr double kRounding = 1e-12;
      if (below >= share - kRounding) return base + static_cast<int64_t>(next.key) * quanta[0];
    }
    return base + static_cast<int64_t>(shares->back().key) * quanta[0];
  }
}

}  // namespace nasshrink::space
