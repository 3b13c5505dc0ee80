#include "score/magnitude.h"

#include "score/softmax.h"

namespace nasshrink::score {

v1::OperatorScores MagnitudeScores(const space::Space& space, const std::vector<std::vector<double>>& alpha) {
  v1::OperatorScores scores;
  scores.set_children_fingerprint(space.children_fingerprint);
  scores.set_metric("magnitude");
  scores.set_exact(true);
  for (uint32_t i = 0; i < space.choices.size(); ++i) {
    const std::vector<double> probabilities = Softmax(space.choices[i], alpha[i]);
    for (const uint32_t candidate : space.choices[i].alive) {
      v1::OperatorScore* score = scores.add_scores();
      score->set_choice(i);
      score->set_candidate(candidate);
      score->set_score(probabilities[candidate]);
    }
  }
  return scores;
}

}  // namespace nasshrink::score
