#include "nn/mixture.h"

#include "nn/head.h"

namespace nasshrink::nn {

bool HasGates(const space::Choice& choice) {
  return !std::holds_alternative<space::EdgeSubset>(choice.candidates[choice.alive[0]].body);
}

void GatedMixture::Add(uint32_t choice, uint32_t candidate, double gate, bool flows) {
  if (mixture.size() <= choice) mixture.resize(choice + 1);
  mixture[choice].push_back({candidate, static_cast<uint32_t>(gates.size()), flows});
  gates.push_back(static_cast<float>(gate));
}

GatedMixture MixAll(const space::Space& space, const ChoiceValues& probabilities) {
  GatedMixture mixed;
  for (uint32_t i = 0; i < space.choices.size(); ++i) {
    for (const uint32_t candidate : space.choices[i].alive) mixed.Add(i, candidate, probabilities[i][candidate], true);
  }
  return mixed;
}

MixtureOutcome RunMixture(SupernetState& state, const GatedMixture& mixture, const float* weights,
                          const LabelledBatch& batch, double label_smoothing, const ImageDrop& drop,
                          float* weight_gradients) {
  const Program program = CompileMixture(state.plan, mixture.mixture, drop.on() ? Drops::kIdentities : Drops::kNone);
  const std::vector<float> scales = DrawImageScales(drop, program.drops, batch.count);
  Pass<float> pass(state.plan, program, weights, state.pool, true);
  pass.SetImageScales(scales.data());
  const std::vector<float>& logits = pass.Forward(batch.images, batch.count, nullptr, mixture.gates.data());
  std::vector<float> logit_gradient(logits.size());
  const LossOutcome loss = CrossEntropy(batch.count, program.classifier.classes, logits.data(), batch.targets,
                                        label_smoothing, logit_gradient.data());
  std::vector<double> gates(mixture.gates.size(), 0.0);
  pass.Backward(logit_gradient.data(), weight_gradients, gates.data());
  MixtureOutcome outcome;
  outcome.loss = loss.loss;
  outcome.accuracy = 100.0 * static_cast<double>(loss.correct) / static_cast<double>(batch.count);
  outcome.gate_gradient = ZerosLike(state.plan.space);
  for (size_t choice = 0; choice < mixture.mixture.size(); ++choice) {
    if (!HasGates(state.plan.space.choices[choice])) continue;
    for (const MixedCandidate& one : mixture.mixture[choice]) {
      outcome.gate_gradient[choice][one.candidate] = gates[one.gate];
    }
  }
  outcome.parameters = program.parameters;
  return outcome;
}

}  // namespace nasshrink::nn
