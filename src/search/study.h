// A search driven by asking and telling: which children to score next, and what came out.
//
// A study never evaluates anything. What Ask returns depends on the space, the options and what was told before, not on
// how calls are batched. One child is asked for once. But for random search, a round of children (a generation, a
// batch, some neighbours: search/algorithm.h) is made when every trial of the one before has been told.
#ifndef NASSHRINK_SEARCH_STUDY_H_
#define NASSHRINK_SEARCH_STUDY_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/context.pb.h"
#include "space/space.h"

namespace nasshrink::search {

struct StudyState;

// Thread-compatible: one call at a time.
class Study {
 public:
  // INVALID_ARGUMENT for options out of range, UNIMPLEMENTED for an algorithm that is not part of this version,
  // FAILED_PRECONDITION when no child meets the constraints.
  static base::Result<std::unique_ptr<Study>> Make(const space::Space& space, const v1::StudyOptions& options);
  // Continues exactly where Snapshot was taken; DATA_LOSS for a snapshot that contradicts itself.
  static base::Result<std::unique_ptr<Study>> Restore(const v1::StudySnapshot& snapshot);
  // The options alone.
  static base::Status CheckOptions(const v1::StudyOptions& options);
  ~Study();

  // At most `count` trials (at least 1 must be asked for). Fewer, possibly none, when a round waits for what is still
  // to be told; `finished` when none will ever come.
  base::Result<v1::TrialList> Ask(uint32_t count);

  // All or nothing. In any order; a trial is told once. Trial 0 with an architecture tells of a child that was never
  // asked for (warm start); it takes a trial number of its own, counts as a parent and is not asked for any more. A
  // child failed when a metric that the algorithm ranks by (the first; for "nsga2" all) is not finite. NOT_FOUND for an
  // unknown trial, ALREADY_EXISTS for one told before.
  base::Status Tell(const v1::ObservationList& observations);

  // Successful children, best first by the first metric; ties by candidates, smaller first. With two metrics or more
  // also the front and all children as shrinking rules read them.
  v1::StudyReport Report() const;
  v1::StudySnapshot Snapshot() const;

  // Those of the study's metrics that are costs, of any child of the space.
  std::vector<v1::NamedValue> CostsOf(const space::Architecture& child) const;

 private:
  explicit Study(std::unique_ptr<StudyState> state);
  std::unique_ptr<StudyState> state_;
};

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_STUDY_H_
