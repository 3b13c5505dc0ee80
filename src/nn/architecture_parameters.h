// Architecture parameters as numbers: initial values, the way from gate gradients to theirs, their optimiser.
//
// Nothing here touches weights. All in double, and in the order of choices and root candidates.
#ifndef NASSHRINK_NN_ARCHITECTURE_PARAMETERS_H_
#define NASSHRINK_NN_ARCHITECTURE_PARAMETERS_H_

#include <cstdint>
#include <vector>

#include "run/backend.h"
#include "space/space.h"

namespace nasshrink::nn {

// [choice][root candidate].
using ChoiceValues = std::vector<std::vector<double>>;

ChoiceValues ZerosLike(const space::Space& space);

// Normal with this deviation (DARTS, ProxylessNAS: 1e-3), drawn by (seed, choice, candidate); 0 where nothing is alive.
run::ArchitectureParameters InitialParameters(const space::Space& space, double deviation, uint64_t seed);

// dL/dalpha_i = sum_k dL/dp_k p_k (delta_ik - p_i), for the candidates in `candidates` whose probabilities `p` add up
// to 1. Adds to `gradient`.
void AddThroughSoftmax(const std::vector<uint32_t>& candidates, const std::vector<double>& p,
                       const std::vector<double>& gate_gradient, std::vector<double>* gradient);

// One step of Adam (Kingma and Ba 2015) with decay added to the gradient, of the candidates marked in `moved`.
void StepParameters(const run::OptimizerOptions& options, const ChoiceValues& gradient,
                    const std::vector<std::vector<uint8_t>>& moved, run::ArchitectureParameters* parameters);

// Carries parameters over to a space of equal choices: candidates that are no longer alive are forgotten.
run::ArchitectureParameters RestrictParameters(const space::Space& space,
                                               const run::ArchitectureParameters& parameters);

// One candidate a choice, drawn by `probabilities`; (seed, draw) addresses the draw.
space::Architecture DrawByProbability(const space::Space& space, const ChoiceValues& probabilities, uint64_t seed,
                                      uint64_t draw);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_ARCHITECTURE_PARAMETERS_H_
