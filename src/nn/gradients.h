// The gradients of one optimiser step: sums over the passes that it is made of, their norm and their clipping.
#ifndef NASSHRINK_NN_GRADIENTS_H_
#define NASSHRINK_NN_GRADIENTS_H_

#include <cstdint>
#include <vector>

#include "nn/pass.h"
#include "nn/program.h"
#include "run/backend.h"

namespace nasshrink::nn {

// Euclidean norm over the listed parameters.
double GradientNorm(const Layout& layout, const std::vector<uint32_t>& parameters, const float* gradients);

// Scales gradients to `clip_norm` (given their norm), then limits every element to `clip_value`; 0 is off.
void ClipGradients(const Layout& layout, const std::vector<uint32_t>& parameters, const run::OptimizerOptions& options,
                   double norm, float* gradients);

// average += (1 - decay) * (weights - average)
void UpdateAverage(double decay, const std::vector<float>& weights, std::vector<float>* average);

class GradientSum {
 public:
  // The layout must outlive the sum.
  explicit GradientSum(const Layout& layout)
      : layout_(layout), values_(layout.weights, 0.0F), has_(layout.parameters.size(), 0) {}

  void Clear();
  // Runs the pass backward and adds its gradients; its batch moments are kept, too. Gradients as Pass::Backward.
  void Add(const Program& program, Pass<float>* pass, const float* logit_gradient,
           const float* auxiliary_gradient = nullptr);

  bool empty() const { return passes_ == 0; }
  uint32_t passes() const { return passes_; }
  // Of all passes, ascending.
  const std::vector<uint32_t>& parameters() const { return parameters_; }
  const std::vector<float>& values() const { return values_; }
  float* data() { return values_.data(); }
  // One list a pass, in order.
  const std::vector<std::vector<NormMoments>>& moments() const { return moments_; }

 private:
  const Layout& layout_;
  std::vector<float> values_;
  std::vector<float> pass_values_;
  std::vector<uint8_t> has_;  // one a parameter
  std::vector<uint32_t> parameters_;
  std::vector<std::vector<NormMoments>> moments_;
  uint32_t passes_ = 0;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_GRADIENTS_H_
