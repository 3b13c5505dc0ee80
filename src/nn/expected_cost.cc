#include "nn/expected_cost.h"

#include <cmath>

namespace nasshrink::nn {

using Form = run::ArchitectureOptions::CostForm;

double ExpectedCost(const run::ArchitectureOptions& options, const ChoiceValues& probabilities) {
  double cost = options.cost_fixed;
  for (size_t choice = 0; choice < options.cost.size(); ++choice) {
    for (size_t i = 0; i < options.cost[choice].size(); ++i) {
      cost += probabilities[choice][i] * options.cost[choice][i];
    }
  }
  return cost;
}

CostTerm CostTermOf(const run::ArchitectureOptions& options, double cross_entropy, double expected_cost) {
  CostTerm term;
  term.loss = cross_entropy;
  if (options.cost_form == Form::kAdd) {
    term.slope = options.cost_weight / options.cost_reference;
    term.loss += term.slope * (expected_cost - options.cost_reference);
  } else if (options.cost_form == Form::kMultiplyLog) {
    const double log_reference = std::log(options.cost_reference);
    const double ratio = std::log(expected_cost) / log_reference;
    term.factor = options.cost_weight * std::pow(ratio, options.cost_exponent);
    term.slope = term.factor * cross_entropy * options.cost_exponent / (ratio * log_reference * expected_cost);
    term.loss = term.factor * cross_entropy;
  }
  return term;
}

double RewardOf(const run::ArchitectureOptions& options, double accuracy, const space::Architecture& architecture) {
  if (options.cost_form == Form::kNone) return accuracy;
  double cost = options.cost_fixed;
  for (size_t choice = 0; choice < architecture.size(); ++choice) cost += options.cost[choice][architecture[choice]];
  return accuracy * std::pow(options.cost_reference / cost, options.cost_exponent);
}

}  // namespace nasshrink::nn
