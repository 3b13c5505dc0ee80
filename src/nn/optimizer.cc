#include "nn/optimizer.h"

#include "nn/adam.h"
#include "nn/sgd.h"

namespace nasshrink::nn {
namespace {

// The weights are the caller's business.
class NoOptimizer final : public Optimizer {
 public:
  using Optimizer::Optimizer;

 private:
  void Move(const Piece&, double, const float*, float*) override {}
};

}  // namespace

double DecayOf(ParameterKind kind, const run::OptimizerOptions& options) {
  const bool decays = options.decay_all || kind == ParameterKind::kConv || kind == ParameterKind::kLinear;
  return decays ? options.weight_decay : 0.0;
}

void Optimizer::StepOne(uint32_t index, double rate, const float* gradients, float* weights) {
  const Parameter& parameter = layout_.parameters[index];
  Piece piece;
  piece.offset = parameter.offset;
  piece.size = parameter.size;
  piece.counter = ++counters_[index];
  piece.decay = static_cast<float>(DecayOf(parameter.kind, options_));
  Move(piece, rate, gradients != nullptr ? gradients + piece.offset : nullptr, weights + piece.offset);
}

void Optimizer::Step(const std::vector<uint32_t>& parameters, double rate, const float* gradients, float* weights) {
  for (const uint32_t index : parameters) StepOne(index, rate, gradients, weights);
}

void Optimizer::StepOthers(const std::vector<uint32_t>& listed, double rate, float* weights) {
  auto next = listed.begin();
  for (uint32_t index = 0; index < counters_.size(); ++index) {
    if (next != listed.end() && *next == index) {
      ++next;
    } else if (counters_[index] > 0) {
      StepOne(index, rate, nullptr, weights);
    }
  }
}

std::unique_ptr<Optimizer> MakeOptimizer(const Layout& layout, const run::OptimizerOptions& options) {
  if (options.kind == run::OptimizerOptions::Kind::kAdam) return std::make_unique<Adam>(layout, options);
  if (options.kind == run::OptimizerOptions::Kind::kNone) return std::make_unique<NoOptimizer>(layout, options);
  return std::make_unique<Sgd>(layout, options);
}

}  // namespace nasshrink::nn
