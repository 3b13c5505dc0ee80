// A search algorithm: which children to make next, from what was told of those before.
//
// Algorithms evaluate nothing. All their random numbers come from FreshChildren's stream, so that what they make
// depends on the space, the options and what was told, and a saved one goes on exactly.
#ifndef NASSHRINK_SEARCH_ALGORITHM_H_
#define NASSHRINK_SEARCH_ALGORITHM_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/context.pb.h"
#include "search/fresh_children.h"
#include "search/history.h"
#include "search/settings.h"
#include "space/space.h"

namespace nasshrink::search {

class Algorithm {
 public:
  virtual ~Algorithm() = default;

  // Whether a round is made only when every child before it has been told.
  virtual bool Waits() const { return true; }

  // The children of the next round, at least one and at most `most` (1 or more), each taken from `fresh`; none when the
  // algorithm finds no more. They have the numbers that `fresh` gave them, in order.
  virtual std::vector<space::Architecture> NextRound(const History& history, uint64_t most, FreshChildren& fresh) = 0;

  // What it remembers besides the history.
  virtual void Save(v1::SearcherState* state) const = 0;
  // DATA_LOSS for a state that contradicts the history.
  virtual base::Status Load(const v1::SearcherState& state, const History& history) = 0;

  // Numbers of the trials that it would breed from now; none for an algorithm without a population.
  virtual std::vector<uint64_t> Population(const History& /*history*/) const { return {}; }
};

// INVALID_ARGUMENT for settings that do not go with the space.
base::Result<std::unique_ptr<Algorithm>> MakeAlgorithm(const space::Space& space, const Settings& settings);

// One random child that was not seen yet, or none: the last resort of a round.
std::vector<space::Architecture> OneDraw(FreshChildren& fresh);

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_ALGORITHM_H_
