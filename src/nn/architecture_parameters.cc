#include "nn/architecture_parameters.h"

#include <cmath>

#include "base/random.h"

namespace nasshrink::nn {

ChoiceValues ZerosLike(const space::Space& space) {
  ChoiceValues values;
  for (const space::Choice& choice : space.choices) values.emplace_back(choice.candidates.size(), 0.0);
  return values;
}

run::ArchitectureParameters InitialParameters(const space::Space& space, double deviation, uint64_t seed) {
  run::ArchitectureParameters parameters;
  parameters.alpha = ZerosLike(space);
  parameters.first_moment = ZerosLike(space);
  parameters.second_moment = ZerosLike(space);
  for (uint32_t i = 0; i < space.choices.size(); ++i) {
    for (const uint32_t candidate : space.choices[i].alive) {
      base::Philox random(seed, base::Purpose::kArchitecture, candidate, i);
      parameters.alpha[i][candidate] = deviation * random.Normal();
    }
  }
  return parameters;
}

void AddThroughSoftmax(const std::vector<uint32_t>& candidates, const std::vector<double>& p,
                       const std::vector<double>& gate_gradient, std::vector<double>* gradient) {
  double mean = 0;
  for (const uint32_t k : candidates) mean += p[k] * gate_gradient[k];
  for (const uint32_t i : candidates) (*gradient)[i] += p[i] * (gate_gradient[i] - mean);
}

void StepParameters(const run::OptimizerOptions& options, const ChoiceValues& gradient,
                    const std::vector<std::vector<uint8_t>>& moved, run::ArchitectureParameters* parameters) {
  const auto count = static_cast<double>(++parameters->steps);
  const double first_correction = 1 - std::pow(options.beta1, count);
  const double second_correction = 1 - std::pow(options.beta2, count);
  for (size_t choice = 0; choice < gradient.size(); ++choice) {
    for (size_t i = 0; i < gradient[choice].size(); ++i) {
      if (moved[choice][i] == 0) continue;
      double& alpha = parameters->alpha[choice][i];
      double& m = parameters->first_moment[choice][i];
      double& v = parameters->second_moment[choice][i];
      const double g = gradient[choice][i] + options.weight_decay * alpha;
      m = options.beta1 * m + (1 - options.beta1) * g;
      v = options.beta2 * v + (1 - options.beta2) * g * g;
      alpha -= options.learning_rate * (m / first_correction) / (std::sqrt(v / second_correction) + options.epsilon);
    }
  }
}

run::ArchitectureParameters RestrictParameters(const space::Space& space,
                                               const run::ArchitectureParameters& parameters) {
  run::ArchitectureParameters out;
  out.alpha = ZerosLike(space);
  out.first_moment = ZerosLike(space);
  out.second_moment = ZerosLike(space);
  out.steps = parameters.steps;
  for (size_t i = 0; i < space.choices.size(); ++i) {
    for (const uint32_t candidate : space.choices[i].alive) {
      out.alpha[i][candidate] = parameters.alpha[i][candidate];
      out.first_moment[i][candidate] = parameters.first_moment[i][candidate];
      out.second_moment[i][candidate] = parameters.second_moment[i][candidate];
    }
  }
  return out;
}

space::Architecture DrawByProbability(const space::Space& space, const ChoiceValues& probabilities, uint64_t seed,
                                      uint64_t draw) {
  space::Architecture architecture;
  for (uint32_t i = 0; i < space.choices.size(); ++i) {
    base::Philox random(seed, base::Purpose::kGate, draw, i);
    double left = random.Uniform();
    uint32_t drawn = space.choices[i].alive.back();
    for (const uint32_t candidate : space.choices[i].alive) {
      left -= probabilities[i][candidate];
      if (left < 0) {
        drawn = candidate;
        break;
      }
    }
    architecture.push_back(drawn);
  }
  return architecture;
}

}  // namespace nasshrink::nn
