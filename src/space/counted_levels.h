// The dynamic program behind feasible sets: how many ways lead from each partial sum of costs to a wanted total.
//
// One level a digit. A state is a reachable packed sum (space/packed_costs.h); `next` joins it to the states of the
// level after it. A draw is unranking: a number below the count picks one child, so a uniform number gives a uniform
// child (methods: "Feasible sets by DP").
#ifndef NASSHRINK_SPACE_COUNTED_LEVELS_H_
#define NASSHRINK_SPACE_COUNTED_LEVELS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.h"
#include "space/digits.h"
#include "space/packed_costs.h"

namespace nasshrink::space {

// Immutable: any number of threads may draw at once.
class CountedLevels {
 public:
  virtual ~CountedLevels() = default;

  // Null when the tables would take more than `max_bytes`.
  static std::unique_ptr<const CountedLevels> Make(const PackedCosts& costs, size_t max_bytes);

  // Children that may lie inside the windows, and those that surely do.
  virtual BigInt most() const = 0;
  virtual BigInt least() const = 0;
  // One alternative of every level, uniform over the `most()` children; at least 1 of them must exist.
  virtual void Draw(base::Philox* random, uint32_t* alternatives) const = 0;
  // The child with this number, below most().
  virtual void Nth(const BigInt& index, uint32_t* alternatives) const = 0;
};

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_COUNTED_LEVELS_H_
