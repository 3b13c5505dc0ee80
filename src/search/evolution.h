// SPOS evolution (Sec. 3.4, Algorithm 1, and the published code).
#ifndef NASSHRINK_SEARCH_EVOLUTION_H_
#define NASSHRINK_SEARCH_EVOLUTION_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "search/algorithm.h"

namespace nasshrink::search {

// A generation has `population` children never seen before, fewer only when the space has no more: mutations of parents
// (each gene redrawn from its alive candidates with the mutation probability, possibly the same), crossovers of two
// parents (each gene from either with 1/2), at most ten tries a wanted child each, and random children for the rest.
// Parents are the `top_k` best so far, of equal ones the older; without any, all are random.
class Evolution : public Algorithm {
 public:
  Evolution(const space::Space& space, Settings settings) : space_(space), settings_(std::move(settings)) {}

  std::vector<space::Architecture> NextRound(const History& history, uint64_t most, FreshChildren& fresh) override;
  void Save(v1::SearcherState* state) const override;
  base::Status Load(const v1::SearcherState& state, const History& history) override;
  std::vector<uint64_t> Population(const History& history) const override;

 private:
  space::Space space_;
  Settings settings_;
};

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_EVOLUTION_H_
