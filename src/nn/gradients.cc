#include "nn/gradients.h"

#include <algorithm>
#include <cmath>

namespace nasshrink::nn {

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

void UpdateAverage(double decay, const std::vector<float>& weights, std::vector<float>* average) {
  const auto share = static_cast<float>(1 - decay);
  for (size_t i = 0; i < weights.size(); ++i) (*average)[i] += share * (weights[i] - (*average)[i]);
}

void GradientSum::Clear() {
  for (const uint32_t index : parameters_) has_[index] = 0;
  parameters_.clear();
  moments_.clear();
  passes_ = 0;
}

void GradientSum::Add(const Program& program, Pass<float>* pass, const float* logit_gradient,
                      const float* auxiliary_gradient) {
  if (passes_++ == 0) {
    pass->Backward(logit_gradient, values_.data(), nullptr, auxiliary_gradient);
    parameters_ = program.parameters;
    for (const uint32_t index : parameters_) has_[index] = 1;
    moments_.push_back(pass->moments());
    return;
  }
  pass_values_.resize(layout_.weights);
  pass->Backward(logit_gradient, pass_values_.data(), nullptr, auxiliary_gradient);
  for (const uint32_t index : program.parameters) {
    const Parameter& parameter = layout_.parameters[index];
    const float* from = pass_values_.data() + parameter.offset;
    float* to = values_.data() + parameter.offset;
    if (has_[index] == 0) {
      std::copy_n(from, parameter.size, to);
      has_[index] = 1;
      parameters_.push_back(index);
    } else {
      for (size_t i = 0; i < parameter.size; ++i) to[i] += from[i];
    }
  }
  std::sort(parameters_.begin(), parameters_.end());
  moments_.push_back(pass->moments());
}

}  // namespace nasshrink::nn
