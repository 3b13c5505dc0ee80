// The cost of a network in a loss: expected over the sampled candidates (ProxylessNAS Sec. 3.3), or of one network in a
// reward (its Sec. 3.3.2 and published code).
#ifndef NASSHRINK_NN_EXPECTED_COST_H_
#define NASSHRINK_NN_EXPECTED_COST_H_

#include "nn/architecture_parameters.h"
#include "run/backend.h"
#include "space/space.h"

namespace nasshrink::nn {

// E = fixed + sum over choices of sum p_i cost_i.
double ExpectedCost(const run::ArchitectureOptions& options, const ChoiceValues& probabilities);

struct CostTerm {
  // What the gradients of the cross-entropy are multiplied by.
  double factor = 1;
  // dL/dE.
  double slope = 0;
  // The loss with the cost in it.
  double loss = 0;
};

// kMultiplyLog: weight * CE * (log E / log reference) ^ exponent; kAdd: CE + weight * (E - reference) / reference.
CostTerm CostTermOf(const run::ArchitectureOptions& options, double cross_entropy, double expected_cost);

// accuracy * (reference / cost) ^ exponent, or the accuracy where no cost is asked for.
double RewardOf(const run::ArchitectureOptions& options, double accuracy, const space::Architecture& architecture);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_EXPECTED_COST_H_
