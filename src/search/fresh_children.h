// Children that meet the constraints and were not seen before, and the stream of random numbers they come from.
//
// Every child seen has a number, from 1 in the order they were taken.
//
// Every draw has a number of its own (`draws`), which with the seed addresses its random numbers: a restored study goes
// on with the very draws the first one would have made. Children are in the form of space/architecture.h Canonical.
#ifndef NASSHRINK_SEARCH_FRESH_CHILDREN_H_
#define NASSHRINK_SEARCH_FRESH_CHILDREN_H_

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "base/status.h"
#include "nasshrink/v1/plan.pb.h"
#include "space/child_form.h"
#include "space/feasible.h"
#include "space/space.h"

namespace nasshrink::search {

class FreshChildren {
 public:
  // FAILED_PRECONDITION when no child meets the constraints.
  static base::Result<FreshChildren> Make(const space::Space& space, const v1::SearchOptions& options, uint64_t seed);

  const space::ChildForm& form() const { return form_; }

  // A child drawn uniformly from those not seen yet, now seen; nothing when all are.
  std::optional<space::Architecture> Draw();
  // A child drawn uniformly from all that meet the constraints, seen or not.
  space::Architecture DrawAny() { return feasible_.Draw(seed_, base::Purpose::kSearch, draws_++); }
  // True when the child meets the constraints and was not seen; now it is.
  bool Take(const space::Architecture& child);
  bool Meets(const space::Architecture& child) const { return Excess(child) == 0; }
  // How far outside its windows the child is: of each window the distance over the cost's range in the space, added up.
  double Excess(const space::Architecture& child) const;
  bool Exhausted() const { return numbers_.size() >= most_; }

  // 0 for a child that was not seen.
  uint64_t NumberOf(const space::Architecture& child) const;
  // The number the next child gets.
  uint64_t next() const { return next_; }
  // For restoring: sets it, and takes children under the numbers they had; false as Take.
  void set_next(uint64_t next) { next_ = next; }
  bool Readmit(const space::Architecture& child, uint64_t number);

  // The random numbers of the next draw.
  base::Philox NextStream() { return {seed_, base::Purpose::kSearch, draws_++}; }
  // Those of a draw made before, for what is made again from its number.
  base::Philox StreamOf(uint64_t draw) const { return {seed_, base::Purpose::kSearch, draw}; }
  uint64_t draws() const { return draws_; }
  void set_draws(uint64_t draws) { draws_ = draws; }

 private:
  struct Window {
    space::CostWindow window;
    double range = 1;
  };
  FreshChildren(const space::Space& space, std::vector<space::CostWindow> windows, space::FeasibleSet feasible,
                uint64_t seed);

  space::ChildForm form_;
  std::vector<Window> windows_;
  space::FeasibleSet feasible_;
  uint64_t most_ = 0;  // children there can be; saturates
  uint64_t seed_ = 0;
  uint64_t draws_ = 0;
  uint64_t next_ = 1;
  std::unordered_map<space::Architecture, uint64_t, space::ChildHash> numbers_;
};

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_FRESH_CHILDREN_H_
