// Regularised evolution (Real et al., AAAI 2019, Algorithm 1): the oldest leave, however good they are.
#ifndef NASSHRINK_SEARCH_REGULARIZED_EVOLUTION_H_
#define NASSHRINK_SEARCH_REGULARIZED_EVOLUTION_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "search/algorithm.h"

namespace nasshrink::search {

// The population is the `population` youngest children that did not fail. A child is the mutant of the best of
// `sample_size` members drawn with replacement: one choice changed to another candidate, uniform over the neighbours
// that meet the constraints and were not seen (our decision: a child is evaluated once). Where a parent has none left,
// a random neighbour takes its place, and after ten of those a random child is made.
class RegularizedEvolution : public Algorithm {
 public:
  RegularizedEvolution(const space::Space& space, Settings settings) : space_(space), settings_(std::move(settings)) {}

  std::vector<space::Architecture> NextRound(const History& history, uint64_t most, FreshChildren& fresh) override;
  void Save(v1::SearcherState* state) const override;
  base::Status Load(const v1::SearcherState& state, const History& history) override;
  // Oldest first.
  std::vector<uint64_t> Population(const History& history) const override;

 private:
  const space::Architecture& Parent(const History& history, const std::vector<uint64_t>& population,
                                    base::Philox& random) const;

  space::Space space_;
  Settings settings_;
};

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_REGULARIZED_EVOLUTION_H_
