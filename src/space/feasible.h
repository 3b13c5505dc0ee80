// Children inside windows of additive costs: exact numbers and exactly uniform draws, without rejection.
//
// A dynamic program over the reachable partial sums, one level a digit (space/digits.h). Counts are exact integers; a
// draw walks forward and takes each alternative with probability (children behind it) / (children behind the state).
#ifndef NASSHRINK_SPACE_FEASIBLE_H_
#define NASSHRINK_SPACE_FEASIBLE_H_

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "base/status.h"
#include "nasshrink/v1/architecture.pb.h"
#include "space/additive_cost.h"
#include "space/digits.h"
#include "space/space.h"

namespace nasshrink::space {

struct Operator {
  uint32_t choice = 0;
  uint32_t candidate = 0;
};

// Immutable after Make: draws may run on any thread at once.
class FeasibleSet {
 public:
  // Partial sums over all levels; about 50 bytes each.
  static constexpr size_t kMaxStates = 6'000'000;

  // Children with all of `containing` inside all windows. RESOURCE_EXHAUSTED above kMaxStates: take fewer or coarser
  // constraints. FAILED_PRECONDITION for an open cell grammar; INVALID_ARGUMENT for candidates that are not alive
  // or two of one choice.
  static base::Result<FeasibleSet> Make(const Space& space, const std::vector<CostWindow>& windows,
                                        const std::vector<Operator>& containing = {});

  BigInt count() const { return levels_.front().ways.empty() ? BigInt(0) : levels_.front().ways.front(); }

  // Draw number `step` of the stream (seed, purpose): uniform over the set, independent of every other draw.
  // count() must be above 0.
  Architecture Draw(uint64_t seed, base::Purpose purpose, uint64_t step) const;

 private:
  friend class FeasibleBuilder;

  // One digit, and the partial sums that the digits before it reach. The last level has no digit.
  struct Level {
    std::vector<uint32_t> choices;
    std::vector<uint32_t> candidates;  // alternatives x choices
    std::vector<int64_t> costs;        // alternatives x windows
    size_t alternatives = 0;
    std::vector<int64_t> states;  // states x windows, ascending
    std::vector<BigInt> ways;     // by state: children behind it
  };
  // The state's index, or the number of states when it is not reached.
  size_t FindState(const Level& level, const std::vector<int64_t>& sums) const;

  size_t windows_ = 0;
  size_t choice_count_ = 0;
  std::vector<int64_t> start_;
  std::vector<Level> levels_;
};

// "constraints[i]..." is the field path of errors. Purpose kSampleSpace. FAILED_PRECONDITION when no child meets the
// constraints; at most 10,000,000 children a call.
base::Result<std::vector<Architecture>> SampleChildren(const Space& space, const v1::SampleOptions& options);

base::Result<v1::CountReport> CountChildren(const Space& space, const v1::CountOptions& options);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_FEASIBLE_H_
