#include "search/repair.h"

#include <utility>
#include <vector>

namespace nasshrink::search {
namespace {

using space::Architecture;

// The children nearest to the constraints among those that differ from `child` in one choice, and how far they are.
struct Nearest {
  double excess = 0;
  std::vector<Architecture> children;
};

Nearest NearestByOneChange(const space::Space& space, const Architecture& child, const FreshChildren& fresh) {
  Nearest nearest;
  nearest.excess = fresh.Excess(child);
  const std::vector<uint8_t> open = fresh.form().Open(child);
  for (size_t choice = 0; choice < child.size(); ++choice) {
    if (open[choice] == 0) continue;
    for (const uint32_t candidate : space.choices[choice].alive) {
      if (candidate == child[choice]) continue;
      Architecture changed = child;
      changed[choice] = candidate;
      fresh.form().Canonicalise(&changed);
      const double excess = fresh.Excess(changed);
      if (excess > nearest.excess || (excess == nearest.excess && nearest.children.empty())) continue;
      if (excess < nearest.excess) nearest.children.clear();
      nearest.excess = excess;
      nearest.children.push_back(std::move(changed));
    }
  }
  return nearest;
}

// Ends, because the child becomes the drawn one at last.
Architecture TowardsADraw(Architecture child, FreshChildren& fresh, base::Philox& random) {
  const Architecture drawn = fresh.DrawAny();
  for (const uint32_t choice : base::Permutation(static_cast<uint32_t>(child.size()), random)) {
    if (child[choice] == drawn[choice]) continue;
    child[choice] = drawn[choice];
    Architecture canonical = child;
    fresh.form().Canonicalise(&canonical);
    if (fresh.Meets(canonical)) return canonical;
  }
  return drawn;
}

}  // namespace

Architecture Repaired(const space::Space& space, Architecture child, FreshChildren& fresh, base::Philox& random) {
  while (!fresh.Meets(child)) {
    Nearest nearest = NearestByOneChange(space, child, fresh);
    if (nearest.children.empty()) return TowardsADraw(std::move(child), fresh, random);
    child = std::move(nearest.children[random.Below(static_cast<uint32_t>(nearest.children.size()))]);
  }
  return child;
}

}  // namespace nasshrink::search
