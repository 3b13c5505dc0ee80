// ABS Algorithm 2: drop the operators of the lowest scores over all choices together.
#ifndef NASSHRINK_SHRINK_ABS_H_
#define NASSHRINK_SHRINK_ABS_H_

#include <cstdint>
#include <vector>

#include "shrink/scored_operators.h"

namespace nasshrink::shrink {

// Walks from the lowest score and drops an operator while another one of its choice stands later, so the best of every
// choice stays; stops after `drop` drops, or earlier when nothing more can go. Operators that are not inferior enough
// (IsInferior) are passed over. In the order of dropping.
std::vector<ScoredOperator> AbsDrops(std::vector<ScoredOperator> operators, uint32_t drop, double significance = 0);

}  // namespace nasshrink::shrink

#endif  // NASSHRINK_SHRINK_ABS_H_
