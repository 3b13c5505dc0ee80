// Operator scores laid beside the space they belong to: what every score-based rule starts from.
#ifndef NASSHRINK_SHRINK_SCORED_OPERATORS_H_
#define NASSHRINK_SHRINK_SCORED_OPERATORS_H_

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/score.pb.h"
#include "space/space.h"

namespace nasshrink::shrink {

struct ScoredOperator {
  uint32_t choice = 0;
  uint32_t candidate = 0;
  int32_t code = 0;
  double score = 0;
  // Best score of the choice less this one, and the standard error of that difference (0: exact).
  double margin = 0;
  double margin_error = 0;
};

// Exactly one score for every alive candidate, by (choice, candidate). FAILED_PRECONDITION for scores of another space
// (by the children's fingerprint), INVALID_ARGUMENT for a missing, doubled or foreign operator, a score that is NaN or
// an error that is negative. Without a margin error, the standard errors of the two scores are taken as independent.
base::Result<std::vector<ScoredOperator>> MatchScores(const space::Space& space, const v1::OperatorScores& scores);

// More than `significance` standard errors below the best of its choice; with 0 every operator is.
bool IsInferior(const ScoredOperator& scored, double significance);

// Ascending by (score, choice, code): the lowest first, ties by our fixed key.
void SortForDropping(std::vector<ScoredOperator>& operators);

}  // namespace nasshrink::shrink

#endif  // NASSHRINK_SHRINK_SCORED_OPERATORS_H_
