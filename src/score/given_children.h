// Operator scores from children whose scores are given: a benchmark's, or those of another tool.
#ifndef NASSHRINK_SCORE_GIVEN_CHILDREN_H_
#define NASSHRINK_SCORE_GIVEN_CHILDREN_H_

#include <vector>

#include "base/status.h"
#include "nasshrink/v1/score.pb.h"
#include "score/aggregation.h"
#include "space/space.h"

namespace nasshrink::score {

// Of every alive candidate, by (choice, candidate), over those of the children that the space contains. Children are
// rows of its root, none twice; NaN is one that failed. Scores are exact, without errors, when every child is there,
// else the children are taken as drawn at random. FAILED_PRECONDITION when an operator has no child.
base::Result<v1::OperatorScores> ScoreFromChildren(const space::Space& space,
                                                   const std::vector<space::Architecture>& children,
                                                   const std::vector<double>& values, Aggregation aggregation);

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_GIVEN_CHILDREN_H_
