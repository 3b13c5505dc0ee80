#include "run/table_parameters.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "score/softmax.h"

namespace nasshrink::run {
namespace {

// A candidate whose children are a percent better than the mean gains its own probability a step.
constexpr double kRate = 1;

using Values = std::vector<std::vector<double>>;

Values ZerosLike(const space::Space& space) {
  Values values;
  for (const space::Choice& choice : space.choices) values.emplace_back(choice.candidates.size(), 0.0);
  return values;
}

}  // namespace

ArchitectureParameters NewTableParameters(const space::Space& space) {
  ArchitectureParameters parameters;
  parameters.alpha = parameters.first_moment = parameters.second_moment = ZerosLike(space);
  return parameters;
}

ArchitectureParameters TableParametersFor(const space::Space& space, ArchitectureParameters parameters) {
  for (size_t i = 0; i < space.choices.size(); ++i) {
    const std::vector<uint32_t>& alive = space.choices[i].alive;
    for (uint32_t k = 0; k < parameters.alpha[i].size(); ++k) {
      if (!std::binary_search(alive.begin(), alive.end(), k)) parameters.alpha[i][k] = 0;
    }
  }
  return parameters;
}

// dE/dalpha_ik = p_ik (E[accuracy | candidate k] - E[accuracy]).
void ClimbExpectedAccuracy(const space::Space& space, const std::map<space::Architecture, double>& accuracy,
                           ArchitectureParameters* parameters) {
  const Values p = score::Probabilities(space, parameters->alpha);
  Values weight = ZerosLike(space);
  Values sum = weight;
  double total_weight = 0;
  double total = 0;
  for (const auto& [child, value] : accuracy) {
    double probability = 1;
    for (size_t i = 0; i < child.size(); ++i) probability *= p[i][child[i]];
    if (probability == 0) continue;
    total_weight += probability;
    total += probability * value;
    for (size_t i = 0; i < child.size(); ++i) {
      weight[i][child[i]] += probability;
      sum[i][child[i]] += probability * value;
    }
  }
  ++parameters->steps;
  for (size_t i = 0; i < space.choices.size(); ++i) {
    for (const uint32_t k : space.choices[i].alive) {
      if (weight[i][k] == 0) continue;
      parameters->alpha[i][k] += kRate * p[i][k] * (sum[i][k] / weight[i][k] - total / total_weight);
    }
  }
}

}  // namespace nasshrink::run
