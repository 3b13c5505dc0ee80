#include "nn/sgd.h"

#include <algorithm>
#include <cmath>

namespace nasshrink::nn {
namespace {

constexpr double kPi = 3.14159265358979323846;

bool Decays(ParameterKind kind, const run::OptimizerOptions& options) {
  return options.decay_all || kind == ParameterKind::kConv || kind == ParameterKind::kLinear;
}

}  // namespace

double LearningRate(const run::OptimizerOptions& options, uint64_t step, uint64_t steps) {
  const double peak = options.learning_rate;
  if (step < options.warmup_steps) {
    return peak * static_cast<double>(step + 1) / static_cast<double>(options.warmup_steps);
  }
  if (steps <= options.warmup_steps || options.schedule == run::OptimizerOptions::Schedule::kConstant) return peak;
  const uint64_t last = steps - 1;
  const double progress = static_cast<double>(std::min(step, last) - options.warmup_steps) /
                          static_cast<double>(steps - options.warmup_steps);
  const double floor = options.final_learning_rate;
  if (options.schedule == run::OptimizerOptions::Schedule::kLinear) return peak + (floor - peak) * progress;
  return floor + (peak - floor) * (1 + std::cos(kPi * progress)) / 2;
}

double GradientNorm(const Layout& layout, const std::vector<uint32_t>& parameters, const float* gradients) {
  double total = 0;
  for (const uint32_t index : parameters) {
    const Parameter& parameter = layout.parameters[index];
    const float* gradient = gradients + parameter.offset;
    // Eight sums, so that the loop is not one chain of additions.
    double sums[8] = {};
    size_t i = 0;
    for (; i + 8 <= parameter.size; i += 8) {
      for (size_t lane = 0; lane < 8; ++lane) {
        sums[lane] += static_cast<double>(gradient[i + lane]) * gradient[i + lane];
      }
    }
    for (; i < parameter.size; ++i) sums[0] += static_cast<double>(gradient[i]) * gradient[i];
    for (const double sum : sums) total += sum;
  }
  return std::sqrt(total);
}

void ClipGradients(const Layout& layout, const std::vector<uint32_t>& parameters, const run::OptimizerOptions& options,
                   double norm, float* gradients) {
  const bool by_norm = options.clip_norm > 0 && norm > options.clip_norm;
  if (!by_norm && !(options.clip_value > 0)) return;
  // The small term is PyTorch's.
  const auto factor = static_cast<float>(by_norm ? options.clip_norm / (norm + 1e-6) : 1.0);
  const auto limit = static_cast<float>(options.clip_value > 0 ? options.clip_value : HUGE_VAL);
  for (const uint32_t index : parameters) {
    const Parameter& parameter = layout.parameters[index];
    float* gradient = gradients + parameter.offset;
    for (size_t i = 0; i < parameter.size; ++i) gradient[i] = std::clamp(gradient[i] * factor, -limit, limit);
  }
}

void ApplySgd(const Layout& layout, const std::vector<uint32_t>& parameters, const run::OptimizerOptions& options,
              double rate, const float* gradients, float* momentum, float* weights) {
  const auto step = static_cast<float>(rate);
  const auto keep = static_cast<float>(options.momentum);
  for (const uint32_t index : parameters) {
    const Parameter& parameter = layout.parameters[index];
    const auto decay = static_cast<float>(Decays(parameter.kind, options) ? options.weight_decay : 0.0);
    float* w = weights + parameter.offset;
    float* m = momentum + parameter.offset;
    const float* g = gradients != nullptr ? gradients + parameter.offset : nullptr;
    for (size_t i = 0; i < parameter.size; ++i) {
      const float gradient = (g != nullptr ? g[i] : 0.0F) + decay * w[i];
      m[i] = keep * m[i] + gradient;
      w[i] -= step * (options.nesterov ? gradient + keep * m[i] : m[i]);
    }
  }
}

void UpdateAverage(double decay, const std::vector<float>& weights, std::vector<float>* average) {
  const auto share = static_cast<float>(1 - decay);
  for (size_t i = 0; i < weights.size(); ++i) (*average)[i] += share * (weights[i] - (*average)[i]);
}

}  // namespace nasshrink::nn
