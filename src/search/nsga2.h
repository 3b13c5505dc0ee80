// NSGA-II (Deb et al. 2002) over choices: survival by non-domination rank and crowding.
#ifndef NASSHRINK_SEARCH_NSGA2_H_
#define NASSHRINK_SEARCH_NSGA2_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "search/algorithm.h"
#include "search/gene_order.h"

namespace nasshrink::search {

// The first generation is random. Of the population and what was told since, the `population` best survive: by rank, of
// the last front the least crowded, of equal ones the older; failed children never do. Parents win a binary tournament
// in which every member stands once before any stands again: by dominance, then by crowding, else by chance. Two-point
// crossover and mutation make two children of them; children that were seen are left out, those outside the
// constraints repaired or left out, with at most 100 tries for each wanted one. A generation may so be smaller than the
// population; one that would be empty is a random child.
class Nsga2 : public Algorithm {
 public:
  Nsga2(const space::Space& space, Settings settings) : space_(space), settings_(std::move(settings)), order_(space) {}

  std::vector<space::Architecture> NextRound(const History& history, uint64_t most, FreshChildren& fresh) override;
  void Save(v1::SearcherState* state) const override;
  base::Status Load(const v1::SearcherState& state, const History& history) override;
  // The survivors, by rank.
  std::vector<uint64_t> Population(const History& history) const override;

 private:
  struct Member {
    uint64_t number = 0;
    const Told* told = nullptr;
    double crowding = 0;
  };

  std::vector<Member> Survivors(const History& history) const;
  const space::Architecture& Winner(const Member& first, const Member& second, base::Philox& random) const;
  void Cross(space::Architecture* first, space::Architecture* second, base::Philox& random) const;
  void Mutate(space::Architecture* child, base::Philox& random) const;
  // False for a child that is left out.
  bool Admit(space::Architecture* child, FreshChildren& fresh, base::Philox& random) const;
  std::vector<space::Architecture> Offspring(const std::vector<Member>& members, uint64_t count,
                                             FreshChildren& fresh) const;

  space::Space space_;
  Settings settings_;
  GeneOrder order_;
  std::vector<uint64_t> population_;  // ascending
  uint64_t next_look_ = 1;            // trials from this number on are not in the population yet
};

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_NSGA2_H_
