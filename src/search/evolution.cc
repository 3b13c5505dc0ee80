#include "search/evolution.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "space/architecture.h"

namespace nasshrink::search {
namespace {

constexpr uint64_t kTriesPerChild = 10;  // published code of SPOS

using space::Architecture;

const Architecture& Pick(const std::vector<Architecture>& parents, base::Philox& random) {
  return parents[random.Below(static_cast<uint32_t>(parents.size()))];
}

Architecture Mutate(const space::Space& space, const Architecture& parent, double probability, base::Philox& random) {
  Architecture child = parent;
  for (size_t gene = 0; gene < child.size(); ++gene) {
    if (random.Uniform() >= probability) continue;
    const std::vector<uint32_t>& alive = space.choices[gene].alive;
    child[gene] = alive[random.Below(static_cast<uint32_t>(alive.size()))];
  }
  return child;
}

Architecture Cross(const Architecture& first, const Architecture& second, base::Philox& random) {
  Architecture child = first;
  for (size_t gene = 0; gene < child.size(); ++gene) {
    if (random.Below(2) == 1) child[gene] = second[gene];
  }
  return child;
}

void AddFresh(const space::Space& space, uint64_t wanted, const std::function<Architecture(base::Philox&)>& breed,
              FreshChildren& fresh, std::vector<Architecture>* children) {
  const uint64_t enough = children->size() + wanted;
  for (uint64_t tries = 0; tries < kTriesPerChild * wanted && children->size() < enough; ++tries) {
    base::Philox random = fresh.NextStream();
    Architecture child = space::Canonical(space, breed(random));
    if (fresh.Take(child)) children->push_back(std::move(child));
  }
}

}  // namespace

std::vector<Architecture> NextGeneration(const space::Space& space, const Settings& settings,
                                         const std::vector<Architecture>& parents, uint64_t count,
                                         FreshChildren& fresh) {
  std::vector<Architecture> children;
  if (!parents.empty()) {
    const auto mutate = [&](base::Philox& random) {
      const Architecture& parent = Pick(parents, random);
      return Mutate(space, parent, settings.mutation_probability, random);
    };
    const auto cross = [&](base::Philox& random) {
      const Architecture& first = Pick(parents, random);
      return Cross(first, Pick(parents, random), random);
    };
    AddFresh(space, std::min<uint64_t>(settings.mutations, count), mutate, fresh, &children);
    AddFresh(space, std::min<uint64_t>(settings.crossovers, count - children.size()), cross, fresh, &children);
  }
  while (children.size() < count) {
    std::optional<Architecture> child = fresh.Draw();
    if (!child) break;
    children.push_back(*std::move(child));
  }
  return children;
}

}  // namespace nasshrink::search
