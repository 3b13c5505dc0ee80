// PAD-NAS (Sec. 3.2, Algorithm 1): operators that are rare among the first Pareto fronts of evaluated children go.
#ifndef NASSHRINK_SHRINK_PAD_NAS_H_
#define NASSHRINK_SHRINK_PAD_NAS_H_

#include "base/status.h"
#include "nasshrink/v1/score.pb.h"
#include "space/space.h"

namespace nasshrink::shrink {

// The rule alone: fields that no space would allow.
base::Status CheckPadNas(const v1::PadNasRule& rule);

// How often every alive candidate is used by the children of rank 1..fronts among those of the pool, and which go: of
// frequency at most the threshold, but for the most frequent of its choice, of equal ones the first in the alive list.
// An edge that a child's node does not keep counts for none of its candidates, and its frequencies are shares of the
// children that keep it; candidates of a choice that no counted child has stay.
//
// INVALID_ARGUMENT for a threshold at or above one over the largest number of alive candidates of a choice, for
// children that are none of the space or there twice, and for objectives that are no numbers; FAILED_PRECONDITION for
// children of another space or a pool without any.
base::Result<v1::OperatorFrequencies> CountForPadNas(const space::Space& space,
                                                     const v1::EvaluatedArchitectures& evaluated,
                                                     const v1::PadNasRule& rule);

}  // namespace nasshrink::shrink

#endif  // NASSHRINK_SHRINK_PAD_NAS_H_
