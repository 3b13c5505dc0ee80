#include "search/regularized_evolution.h"

#include <algorithm>
#include <optional>

#include "space/hamming.h"

namespace nasshrink::search {
namespace {

using space::Architecture;

constexpr int kWalks = 10;  // our decision

// The neighbours of a child, itself not among them, in random order.
class Neighbours {
 public:
  Neighbours(const space::Space& space, const Architecture& center, base::Philox& random)
      : ball_(*space::HammingBall::Make(space, center, 1)) {
    order_ = base::Permutation(static_cast<uint32_t>(ball_.Size()) - 1, random);
  }
  size_t size() const { return order_.size(); }
  Architecture At(size_t i) const { return ball_.Nth(order_[i] + 1); }

 private:
  space::HammingBall ball_;
  std::vector<uint32_t> order_;
};

std::optional<Architecture> Mutant(const space::Space& space, Architecture parent, FreshChildren& fresh,
                                   base::Philox& random) {
  for (int walk = 0; walk < kWalks; ++walk) {
    const Neighbours neighbours(space, parent, random);
    std::optional<Architecture> next;
    for (size_t i = 0; i < neighbours.size(); ++i) {
      Architecture child = neighbours.At(i);
      if (fresh.Take(child)) return child;
      if (!next && fresh.Meets(child)) next = std::move(child);
    }
    if (!next) return std::nullopt;
    parent = *std::move(next);
  }
  return std::nullopt;
}

}  // namespace

std::vector<uint64_t> RegularizedEvolution::Population(const History& history) const {
  std::vector<uint64_t> population;
  for (auto at = history.told.rbegin(); at != history.told.rend() && population.size() < settings_.population; ++at) {
    if (!at->second.failed) population.push_back(at->first);
  }
  std::reverse(population.begin(), population.end());
  return population;
}

// The best of the sample; of equal ones the one drawn first.
const Architecture& RegularizedEvolution::Parent(const History& history, const std::vector<uint64_t>& population,
                                                 base::Philox& random) const {
  const Told* best = nullptr;
  for (uint32_t i = 0; i < settings_.sample_size; ++i) {
    const Told& told = history.told.at(population[random.Below(static_cast<uint32_t>(population.size()))]);
    if (best == nullptr || told.objectives[0] < best->objectives[0]) best = &told;
  }
  return best->architecture;
}

std::vector<Architecture> RegularizedEvolution::NextRound(const History& history, uint64_t most, FreshChildren& fresh) {
  const std::vector<uint64_t> population = Population(history);
  const bool first = history.rounds == 0 || population.empty();
  const uint64_t count = std::min<uint64_t>(most, first ? settings_.population : settings_.batch);
  std::vector<Architecture> children;
  while (children.size() < count) {
    std::optional<Architecture> child;
    if (!first) {
      base::Philox random = fresh.NextStream();
      child = Mutant(space_, Parent(history, population, random), fresh, random);
    }
    if (!child) child = fresh.Draw();
    if (!child) break;
    children.push_back(*std::move(child));
  }
  return children;
}

void RegularizedEvolution::Save(v1::SearcherState* /*state*/) const {}

base::Status RegularizedEvolution::Load(const v1::SearcherState& /*state*/, const History& /*history*/) { return {}; }

}  // namespace nasshrink::search
