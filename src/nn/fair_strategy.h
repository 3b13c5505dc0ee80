// Strict fairness (FairNAS Sec. 3.2): within a step every candidate of a choice is trained equally often.
//
// A step takes m paths, m the most alive candidates of any choice. Each choice deals its candidates from a shuffled
// deck of its own, which is shuffled again when it is empty, so that at any time the counts of two candidates of a
// choice differ by at most 1. Where all choices have m candidates this is FairNAS's rule: m permutations, each
// candidate once a step. Generalising it by the deck is our decision.
#ifndef NASSHRINK_NN_FAIR_STRATEGY_H_
#define NASSHRINK_NN_FAIR_STRATEGY_H_

#include <cstdint>
#include <vector>

#include "nn/strategy.h"

namespace nasshrink::nn {

class FairStrategy final : public Strategy {
 public:
  // The space must outlive the strategy.
  FairStrategy(const space::Space& space, uint64_t seed);
  uint32_t paths() const override { return paths_; }
  std::vector<space::Architecture> Draw(uint64_t step, uint32_t number) const override;

 private:
  const space::Space& space_;
  const uint64_t seed_;
  uint32_t paths_ = 1;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_FAIR_STRATEGY_H_
