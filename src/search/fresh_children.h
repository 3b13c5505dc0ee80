// Children that meet the constraints and were not seen before, and the stream of random numbers they come from.
//
// Every draw has a number of its own (`draws`), which with the seed addresses its random numbers: a restored study goes
// on with the very draws the first one would have made. Children are in the form of space/architecture.h Canonical.
#ifndef NASSHRINK_SEARCH_FRESH_CHILDREN_H_
#define NASSHRINK_SEARCH_FRESH_CHILDREN_H_

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "base/random.h"
#include "base/status.h"
#include "nasshrink/v1/plan.pb.h"
#include "space/feasible.h"
#include "space/space.h"

namespace nasshrink::search {

class FreshChildren {
 public:
  // FAILED_PRECONDITION when no child meets the constraints.
  static base::Result<FreshChildren> Make(const space::Space& space, const v1::SearchOptions& options, uint64_t seed);

  // A child drawn uniformly from those not seen yet, now seen; nothing when all are.
  std::optional<space::Architecture> Draw();
  // True when the child meets the constraints and was not seen; now it is.
  bool Take(const space::Architecture& child);
  bool Meets(const space::Architecture& child) const;
  bool Exhausted() const;

  // The random numbers of the next draw.
  base::Philox NextStream() { return {seed_, base::Purpose::kSearch, draws_++}; }
  uint64_t draws() const { return draws_; }
  void set_draws(uint64_t draws) { draws_ = draws; }

 private:
  FreshChildren(std::vector<space::CostWindow> windows, space::FeasibleSet feasible, uint64_t seed);

  std::vector<space::CostWindow> windows_;
  space::FeasibleSet feasible_;
  uint64_t seed_ = 0;
  uint64_t draws_ = 0;
  std::set<space::Architecture> seen_;
};

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_FRESH_CHILDREN_H_
