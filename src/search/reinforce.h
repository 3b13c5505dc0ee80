// REINFORCE (Williams 1992) as ProxylessNAS searches with it (Sec. 3.3.1 and its published code).
#ifndef NASSHRINK_SEARCH_REINFORCE_H_
#define NASSHRINK_SEARCH_REINFORCE_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "search/algorithm.h"

namespace nasshrink::search {

// The policy is one softmax over the alive candidates of every choice. A round is a batch of children drawn from it,
// repaired where they break the constraints (search/repair.h). Once the batch is told, the baseline moves to the
// batch's mean reward and the logits take a step of Adam along the mean of (reward - baseline) grad log p. Children
// that are known count with what was told and are not asked for again; a batch that is all known moves the policy at
// once, and after ten of those (our decision) the policy begins afresh, with one random child that was not seen. The
// reward is the first metric, larger better, as it is or weighed by a cost.
class Reinforce : public Algorithm {
 public:
  Reinforce(const space::Space& space, Settings settings);

  std::vector<space::Architecture> NextRound(const History& history, uint64_t most, FreshChildren& fresh) override;
  void Save(v1::SearcherState* state) const override;
  base::Status Load(const v1::SearcherState& state, const History& history) override;

 private:
  space::Architecture Sample(FreshChildren& fresh) const;
  double Reward(const Told& told) const;
  // Moves the policy by the last batch.
  void Learn(const History& history, const space::ChildForm& form);
  void StartPolicy(FreshChildren& fresh);
  std::vector<double> Probabilities(size_t choice) const;

  space::Space space_;
  Settings settings_;
  std::vector<size_t> first_;  // of each choice's candidates in the vectors below
  std::vector<double> logits_;
  std::vector<double> moments_;
  uint64_t updates_ = 0;
  double baseline_ = 0;
  std::vector<uint64_t> batch_;  // numbers of trials, one may be there twice
};

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_REINFORCE_H_
