#include "score/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace nasshrink::score {

std::vector<double> Softmax(const space::Choice& choice, const std::vector<double>& alpha) {
  std::vector<double> probabilities(choice.candidates.size(), 0.0);
  double top = -std::numeric_limits<double>::infinity();
  for (const uint32_t candidate : choice.alive) top = std::max(top, alpha[candidate]);
  double total = 0;
  for (const uint32_t candidate : choice.alive) {
    probabilities[candidate] = std::exp(alpha[candidate] - top);
    total += probabilities[candidate];
  }
  for (double& probability : probabilities) probability /= total;
  return probabilities;
}

std::vector<std::vector<double>> Probabilities(const space::Space& space,
                                               const std::vector<std::vector<double>>& alpha) {
  std::vector<std::vector<double>> all;
  for (size_t i = 0; i < space.choices.size(); ++i) all.push_back(Softmax(space.choices[i], alpha[i]));
  return all;
}

}  // namespace nasshrink::score
