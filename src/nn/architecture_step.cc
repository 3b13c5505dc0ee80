#include "nn/architecture_step.h"

#include <cmath>

#include "nn/darts_step.h"
#include "nn/proxyless_step.h"
#include "nn/reinforce_step.h"

namespace nasshrink::nn {
namespace {

// 0 is off. The small term is PyTorch's.
void Clip(double most, double norm, ChoiceValues* gradient) {
  if (most <= 0 || norm <= most) return;
  for (auto& row : *gradient) {
    for (double& value : row) value *= most / (norm + 1e-6);
  }
}

}  // namespace

ArchitectureStep::Gradient ArchitectureStep::NoGradient() const {
  Gradient gradient;
  gradient.values = ZerosLike(space());
  for (const space::Choice& choice : space().choices) {
    std::vector<uint8_t>& moved = gradient.moved.emplace_back(choice.candidates.size(), 0);
    if (!HasGates(choice)) continue;
    for (const uint32_t candidate : choice.alive) moved[candidate] = 1;
  }
  return gradient;
}

std::vector<float>& ArchitectureStep::scratch() {
  scratch_.resize(state_.plan.layout.weights);
  return scratch_;
}

base::Status ArchitectureStep::Take(const ArchitectureBatches& batches, run::StepOutcome* outcome) {
  NASSHRINK_ASSIGN_OR_RETURN(Gradient gradient, GradientOf(batches, outcome));
  double squares = 0;
  for (const auto& row : gradient.values) {
    for (const double value : row) squares += value * value;
  }
  outcome->gradient_norm = std::sqrt(squares);
  outcome->step = parameters().steps;
  outcome->learning_rate = architecture().optimizer.learning_rate;
  if (!std::isfinite(outcome->loss) || !std::isfinite(outcome->gradient_norm)) {
    return base::Error(base::Code::kOutOfRange,
                       "the loss or gradient of step {} of the architecture parameters is not finite; the step was not "
                       "applied",
                       parameters().steps);
  }
  Clip(architecture().optimizer.clip_norm, outcome->gradient_norm, &gradient.values);
  StepParameters(architecture().optimizer, gradient.values, gradient.moved, &parameters());
  Finish();
  return {};
}

std::unique_ptr<ArchitectureStep> MakeArchitectureStep(SupernetState& state, const run::TrainOptions& options) {
  using Strategy = run::TrainOptions::Strategy;
  if (options.strategy == Strategy::kDarts) return std::make_unique<DartsStep>(state, options);
  if (options.strategy != Strategy::kProxyless) return nullptr;
  if (options.architecture.gradient == run::ArchitectureOptions::Gradient::kReinforce) {
    return std::make_unique<ReinforceStep>(state, options);
  }
  return std::make_unique<ProxylessStep>(state, options);
}

}  // namespace nasshrink::nn
