// Children inside windows of additive costs: their number and exactly uniform draws.
//
// Counting, not rejection: a dynamic program over packed sums (space/counted_levels.h). Where the exact table would
// take too much memory (several windows at once, latencies in nanoseconds), costs are rounded to a coarser quantum: the
// coarse table then proposes children and an exact check rejects those outside, so draws stay exactly uniform, and
// the number of children is known between two bounds. Windows on times that are looked up work the same way: every
// child inside the other windows is proposed.
#ifndef NASSHRINK_SPACE_FEASIBLE_H_
#define NASSHRINK_SPACE_FEASIBLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/status.h"
#include "space/child_filter.h"
#include "space/counted_levels.h"
#include "space/space.h"

namespace nasshrink::space {

// Immutable after Make: draws may run on any thread at once. Copies share the tables.
class FeasibleSet {
 public:
  static constexpr size_t kMaxBytes = size_t{512} << 20;

  // Children that pass the filter; `max_bytes` bounds the tables. Errors as CostLevelsOf, and RESOURCE_EXHAUSTED when
  // `max_bytes` holds no table at all.
  static base::Result<FeasibleSet> Make(const Space& space, ChildFilter filter, size_t max_bytes = kMaxBytes);

  // Equal unless the table is coarse.
  BigInt least() const { return least_; }
  BigInt most() const { return most_; }
  bool exact() const { return least_ == most_; }
  bool empty() const { return most_ == 0; }
  // FAILED_PRECONDITION when empty, saying which window excludes everything and what is reachable. `field` is the
  // path of the windows.
  base::Status CheckNotEmpty(std::string_view field) const;

  // Draw number `step` of the stream (seed, purpose): uniform over the set, independent of every other draw. The set
  // must not be empty.
  Architecture Draw(uint64_t seed, base::Purpose purpose, uint64_t step) const;

 private:
  struct Reach {
    int64_t min = 0;
    int64_t max = 0;
  };

  base::Status BuildTables(size_t max_bytes);
  void ListIfSmall();
  base::Status Probe();
  bool Inside(const std::vector<uint32_t>& alternatives) const;
  base::Status OutOfReach(const CostWindow& window, const Reach& reach, const std::string& field) const;
  Architecture ArchitectureOf(const std::vector<uint32_t>& alternatives) const;

  ChildFilter filter_;                 // its windows are those on additive costs
  std::vector<CostWindow> looked_up_;  // the others
  size_t choice_count_ = 0;
  std::shared_ptr<const std::vector<CostLevel>> levels_;
  std::vector<Reach> reach_;                      // by window, over all children that pass the operators
  std::shared_ptr<const CountedLevels> counted_;  // null when a level has no alternative
  // Set when the children were listed one by one: numbers for CountedLevels::Nth.
  std::shared_ptr<const std::vector<uint32_t>> listed_;
  BigInt least_ = 0;
  BigInt most_ = 0;
  bool check_ = false;  // draws of `counted_` may lie outside
};

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_FEASIBLE_H_
