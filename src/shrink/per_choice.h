// The lowest operators of every choice (ABS's published code on FairNAS and DARTS).
#ifndef NASSHRINK_SHRINK_PER_CHOICE_H_
#define NASSHRINK_SHRINK_PER_CHOICE_H_

#include <cstdint>
#include <vector>

#include "shrink/scored_operators.h"

namespace nasshrink::shrink {

// The lowest `drop` of every choice, fewer where a choice would be left without an operator and of those that are
// inferior enough (IsInferior). By choice, lowest first.
std::vector<ScoredOperator> PerChoiceDrops(std::vector<ScoredOperator> operators, uint32_t drop,
                                           double significance = 0);

}  // namespace nasshrink::shrink

#endif  // NASSHRINK_SHRINK_PER_CHOICE_H_
