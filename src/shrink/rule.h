// A shrinking rule applied to a space: which operators go, and the space that is left.
//
// Rules never train, evaluate or sample; what they read is in the input.
#ifndef NASSHRINK_SHRINK_RULE_H_
#define NASSHRINK_SHRINK_RULE_H_

#include <vector>

#include "base/status.h"
#include "nasshrink/v1/score.pb.h"
#include "nasshrink/v1/space.pb.h"
#include "shrink/scored_operators.h"
#include "space/space.h"

namespace nasshrink::shrink {

struct Shrunk {
  space::Space space;
  v1::SpaceEdits edits;                    // the drops, and the frequencies of a rule that counts
  std::vector<v1::OperatorScore> dropped;  // in the order of dropping; a rule that counts scores by the frequency
  std::vector<ScoredOperator> compared;    // what a rule on scores compared; of all operators, by (choice, candidate)
};

// Dropping nothing because nothing can go is no error.
base::Result<Shrunk> ApplyRule(const space::Space& space, const v1::ShrinkInput& input, const v1::ShrinkRule& rule);

// The rule alone, without input: that one is set, known, and its numbers are in range.
base::Status CheckRule(const v1::ShrinkRule& rule);

}  // namespace nasshrink::shrink

#endif  // NASSHRINK_SHRINK_RULE_H_
