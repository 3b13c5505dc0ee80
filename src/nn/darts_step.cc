#include "nn/darts_step.h"

#include "nn/gradients.h"
#include "score/softmax.h"

namespace nasshrink::nn {
namespace {

// values + scale * direction, for the listed parameters.
std::vector<float> Moved(const Layout& layout, const std::vector<uint32_t>& parameters,
                         const std::vector<float>& values, const std::vector<float>& direction, double scale) {
  std::vector<float> moved = values;
  for (const uint32_t index : parameters) {
    const Parameter& parameter = layout.parameters[index];
    for (size_t i = parameter.offset; i < parameter.offset + parameter.size; ++i) {
      moved[i] = static_cast<float>(moved[i] + scale * direction[i]);
    }
  }
  return moved;
}

}  // namespace

// w' = w - rate * (momentum * buffer + gradient + decay * w), as the published code unrolls SGD.
std::vector<float> DartsStep::Unrolled(const ArchitectureBatches& batches, const MixtureOutcome& training,
                                       const std::vector<float>& gradient) const {
  const Layout& layout = state_.plan.layout;
  const std::vector<float>& momentum = batches.optimizer->slots()[0].values;
  std::vector<float> weights = state_.weights.current;
  for (const uint32_t index : training.parameters) {
    const Parameter& parameter = layout.parameters[index];
    const double decay = DecayOf(parameter.kind, options_.optimizer);
    for (size_t i = parameter.offset; i < parameter.offset + parameter.size; ++i) {
      const double step = options_.optimizer.momentum * momentum[i] + gradient[i] + decay * weights[i];
      weights[i] = static_cast<float>(weights[i] - batches.rate * step);
    }
  }
  return weights;
}

base::Result<ArchitectureStep::Gradient> DartsStep::GradientOf(const ArchitectureBatches& batches,
                                                               run::StepOutcome* outcome) {
  const ChoiceValues probabilities = score::Probabilities(space(), parameters().alpha);
  const GatedMixture mixed = MixAll(space(), probabilities);
  const bool second = options_.architecture.order == 2;
  const float* weights = state_.weights.current.data();
  std::vector<float> unrolled;
  if (second) {
    const MixtureOutcome training =
        RunMixture(state_, mixed, weights, batches.training, options_.label_smoothing, batches.drop, scratch().data());
    unrolled = Unrolled(batches, training, scratch());
    weights = unrolled.data();
  }
  MixtureOutcome held_out =
      RunMixture(state_, mixed, weights, batches.held_out, options_.label_smoothing, batches.drop, scratch().data());
  outcome->loss = held_out.loss;
  outcome->accuracy = held_out.accuracy;
  if (second) {
    const std::vector<float> direction = scratch();
    ChoiceValues gates = held_out.gate_gradient;
    AddSecondOrder(batches, mixed, held_out, direction, &gates);
    held_out.gate_gradient = std::move(gates);
  }
  Gradient gradient = NoGradient();
  for (size_t i = 0; i < space().choices.size(); ++i) {
    if (!HasGates(space().choices[i])) continue;
    AddThroughSoftmax(space().choices[i].alive, probabilities[i], held_out.gate_gradient[i], &gradient.values[i]);
  }
  return gradient;
}

// The way through the softmax is linear, so that differences may be taken of gate gradients.
void DartsStep::AddSecondOrder(const ArchitectureBatches& batches, const GatedMixture& mixed,
                               const MixtureOutcome& held_out, const std::vector<float>& direction,
                               ChoiceValues* gates) {
  const Layout& layout = state_.plan.layout;
  const double norm = GradientNorm(layout, held_out.parameters, direction.data());
  if (!(norm > 0)) return;
  const double epsilon = 0.01 / norm;
  for (const double sign : {1.0, -1.0}) {
    const std::vector<float> weights =
        Moved(layout, held_out.parameters, state_.weights.current, direction, sign * epsilon);
    const MixtureOutcome shifted = RunMixture(state_, mixed, weights.data(), batches.training, options_.label_smoothing,
                                              batches.drop, scratch().data());
    for (size_t i = 0; i < gates->size(); ++i) {
      for (size_t k = 0; k < (*gates)[i].size(); ++k) {
        (*gates)[i][k] -= batches.rate * sign * shifted.gate_gradient[i][k] / (2 * epsilon);
      }
    }
  }
}

}  // namespace nasshrink::nn
