// A rule carried out on a space with whatever its input holds, and the journal of what went and why.
//
// Adds to shrink/rule.h what needs scores to be made: operators scored from given children, afresh after every removal
// when the rule says so. It never trains or evaluates.
#ifndef NASSHRINK_RUN_SHRINK_SPACE_H_
#define NASSHRINK_RUN_SHRINK_SPACE_H_

#include <vector>

#include "base/status.h"
#include "nasshrink/v1/score.pb.h"
#include "shrink/rule.h"
#include "space/space.h"

namespace nasshrink::run {

struct Shrinking {
  space::Space space;
  v1::SpaceEdits edits;               // the drops in order, and the frequencies of a rule that counts
  std::vector<shrink::Shrunk> steps;  // one for a rule that scores once
};

// As shrink::ApplyRule; for AbsRule on given children also INVALID_ARGUMENT for children given twice, missing or
// infinite scores, FAILED_PRECONDITION when an operator has no child.
base::Result<Shrinking> ShrinkSpace(const space::Space& space, const v1::ShrinkInput& input,
                                    const v1::ShrinkRule& rule);

// Every removal with its score, margins and effect. `space` is what was shrunk.
v1::ShrinkJournal JournalOf(const space::Space& space, const Shrinking& shrinking, const v1::ShrinkRule& rule);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_SHRINK_SPACE_H_
