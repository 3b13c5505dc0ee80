// The softmax of architecture parameters over a choice's alive candidates (DARTS Eq. 2).
#ifndef NASSHRINK_SCORE_SOFTMAX_H_
#define NASSHRINK_SCORE_SOFTMAX_H_

#include <vector>

#include "space/space.h"

namespace nasshrink::score {

// Softmax of `alpha` (one a root candidate) over the alive candidates; 0 for all others.
std::vector<double> Softmax(const space::Choice& choice, const std::vector<double>& alpha);

// The same for all choices: [choice][root candidate].
std::vector<std::vector<double>> Probabilities(const space::Space& space,
                                               const std::vector<std::vector<double>>& alpha);

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_SOFTMAX_H_
