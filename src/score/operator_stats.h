// The table of a supernet that was trained elsewhere, from scalars of its weights.
#ifndef NASSHRINK_SCORE_OPERATOR_STATS_H_
#define NASSHRINK_SCORE_OPERATOR_STATS_H_

#include "base/status.h"
#include "nasshrink/v1/score.pb.h"
#include "score/factor_table.h"
#include "space/space.h"

namespace nasshrink::score {

// INVALID_ARGUMENT for numbers that are not finite, for an operator that the space has not, and for an alive operator
// with weights that is not given: a forgotten one would pass for one that never moved.
base::Result<FactorTable> TableFromStats(const v1::OperatorStats& stats, const AngleOptions& options,
                                         const space::Space& space);

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_OPERATOR_STATS_H_
