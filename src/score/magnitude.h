// Architecture parameters read as operator scores (ABS Sec. 4.4's baseline "magnitude").
#ifndef NASSHRINK_SCORE_MAGNITUDE_H_
#define NASSHRINK_SCORE_MAGNITUDE_H_

#include <vector>

#include "nasshrink/v1/score.pb.h"
#include "space/space.h"

namespace nasshrink::score {

// The score of an operator is the softmax of its choice's parameters; `alpha` is [choice][root candidate].
v1::OperatorScores MagnitudeScores(const space::Space& space, const std::vector<std::vector<double>>& alpha);

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_MAGNITUDE_H_
