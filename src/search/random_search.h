// Random search: children drawn uniformly from those that meet the constraints and were not seen.
#ifndef NASSHRINK_SEARCH_RANDOM_SEARCH_H_
#define NASSHRINK_SEARCH_RANDOM_SEARCH_H_

#include <vector>

#include "search/algorithm.h"

namespace nasshrink::search {

class RandomSearch : public Algorithm {
 public:
  bool Waits() const override { return false; }
  std::vector<space::Architecture> NextRound(const History& history, uint64_t most, FreshChildren& fresh) override;
  void Save(v1::SearcherState* state) const override;
  base::Status Load(const v1::SearcherState& state, const History& history) override;
};

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_RANDOM_SEARCH_H_
