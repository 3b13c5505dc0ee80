// Children in which every operator of a choice occurs equally often: rounds of permutations, choice by choice, as in
// strict fairness (FairNAS Sec. 3.2). One measured child serves an operator in every choice, where sampling for each
// operator by itself would measure it for one.
#ifndef NASSHRINK_SCORE_BALANCED_CHILDREN_H_
#define NASSHRINK_SCORE_BALANCED_CHILDREN_H_

#include <cstdint>
#include <vector>

#include "space/space.h"

namespace nasshrink::score {

// An endless row of children; any may be asked for by its number. Immutable; it keeps a copy of what it needs.
class BalancedChildren {
 public:
  BalancedChildren(const space::Space& space, uint64_t seed);

  // Children after which each operator of the largest choice has one more: that choice's alive operators. Smaller
  // choices go through their operators more often.
  uint64_t per_round() const { return per_round_; }

  // One candidate a choice. A child by itself is uniform over the space; children n m .. (n + 1) m - 1 hold each of the
  // m operators of a choice once.
  void Fill(uint64_t number, uint32_t* candidates) const;

 private:
  std::vector<std::vector<uint32_t>> alive_;
  uint64_t seed_ = 0;
  uint64_t per_round_ = 1;
};

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_BALANCED_CHILDREN_H_
