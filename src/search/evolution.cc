#include "search/evolution.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

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

void AddFresh(uint64_t wanted, const std::function<Architecture(base::Philox&)>& breed, FreshChildren& fresh,
              std::vector<Architecture>* children) {
  const uint64_t enough = children->size() + wanted;
  for (uint64_t tries = 0; tries < kTriesPerChild * wanted && children->size() < enough; ++tries) {
    base::Philox random = fresh.NextStream();
    Architecture child = breed(random);
    fresh.form().Canonicalise(&child);
    if (fresh.Take(child)) children->push_back(std::move(child));
  }
}

}  // namespace

std::vector<uint64_t> Evolution::Population(const History& history) const {
  std::vector<uint64_t> best;
  for (const auto& [number, told] : history.told) {
    if (!told.failed) best.push_back(number);
  }
  std::stable_sort(best.begin(), best.end(), [&](uint64_t a, uint64_t b) {
    return history.told.at(a).objectives[0] < history.told.at(b).objectives[0];
  });
  if (best.size() > settings_.top_k) best.resize(settings_.top_k);
  return best;
}

std::vector<Architecture> Evolution::NextRound(const History& history, uint64_t most, FreshChildren& fresh) {
  std::vector<Architecture> parents;
  for (const uint64_t number : Population(history)) parents.push_back(history.told.at(number).architecture);
  const uint64_t count = std::min<uint64_t>(most, settings_.population);
  std::vector<Architecture> children;
  // Before anything was asked for there are warm starts at most, and the first generation is random all the same.
  if (history.rounds > 0 && !parents.empty()) {
    const auto mutate = [&](base::Philox& random) {
      const Architecture& parent = Pick(parents, random);
      return Mutate(space_, parent, settings_.mutation_probability, random);
    };
    const auto cross = [&](base::Philox& random) {
      const Architecture& first = Pick(parents, random);
      return Cross(first, Pick(parents, random), random);
    };
    AddFresh(std::min<uint64_t>(settings_.mutations, count), mutate, fresh, &children);
    AddFresh(std::min<uint64_t>(settings_.crossovers, count - children.size()), cross, fresh, &children);
  }
  while (children.size() < count) {
    std::optional<Architecture> child = fresh.Draw();
    if (!child) break;
    children.push_back(*std::move(child));
  }
  return children;
}

void Evolution::Save(v1::SearcherState* /*state*/) const {}

base::Status Evolution::Load(const v1::SearcherState& /*state*/, const History& /*history*/) { return {}; }

}  // namespace nasshrink::search
