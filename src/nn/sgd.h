// Stochastic gradient descent with momentum over the weights that took part in a step, and its learning-rate schedule.
//
// The update is PyTorch's SGD (dampening 0): g += decay * w; m = momentum * m + g; w -= rate * (nesterov ? g +
// momentum * m : m). Weights that are not listed do not move.
#ifndef NASSHRINK_NN_SGD_H_
#define NASSHRINK_NN_SGD_H_

#include <cstdint>
#include <vector>

#include "nn/parameters.h"
#include "run/backend.h"

namespace nasshrink::nn {

// Rate of step `step` of a schedule over `steps` steps (0 steps: constant). Warm-up rises linearly to the schedule's
// start; the schedule then covers the steps that are left; later steps keep its last value.
double LearningRate(const run::OptimizerOptions& options, uint64_t step, uint64_t steps);

// Euclidean norm over the listed parameters.
double GradientNorm(const Layout& layout, const std::vector<uint32_t>& parameters, const float* gradients);

// Scales gradients to `clip_norm` (given their norm), then limits every element to `clip_value`; 0 is off.
void ClipGradients(const Layout& layout, const std::vector<uint32_t>& parameters, const run::OptimizerOptions& options,
                   double norm, float* gradients);

// `gradients` may be null: all are zero, and only momentum and decay act.
void ApplySgd(const Layout& layout, const std::vector<uint32_t>& parameters, const run::OptimizerOptions& options,
              double rate, const float* gradients, float* momentum, float* weights);

// average += (1 - decay) * (weights - average)
void UpdateAverage(double decay, const std::vector<float>& weights, std::vector<float>* average);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_SGD_H_
