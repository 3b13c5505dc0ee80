#include "nn/reinforce_step.h"

#include <cmath>

#include "nn/expected_cost.h"
#include "nn/head.h"
#include "score/softmax.h"

namespace nasshrink::nn {

base::Result<ArchitectureStep::Gradient> ReinforceStep::GradientOf(const ArchitectureBatches& batches,
                                                                   run::StepOutcome* outcome) {
  const ChoiceValues probabilities = score::Probabilities(space(), parameters().alpha);
  const LabelledBatch& batch = batches.held_out;
  const uint32_t samples = architecture().samples;
  std::vector<double> rewards;
  double mean = 0;
  for (uint32_t i = 0; i < samples; ++i) {
    const uint64_t draw = parameters().steps * samples + i;
    outcome->architectures.push_back(
        DrawByProbability(space(), probabilities, options_.seed, (uint64_t{1} << 40U) + draw));
    const Program program = CompileProgram(state_.plan, {outcome->architectures.back()});
    Pass<float> pass(state_.plan, program, state_.weights.current.data(), state_.pool, false);
    const std::vector<float>& logits = pass.Forward(batch.images, batch.count, nullptr);
    const LossOutcome loss =
        CrossEntropy(batch.count, program.classifier.classes, logits.data(), batch.targets, 0, nullptr);
    const double accuracy = 100.0 * static_cast<double>(loss.correct) / static_cast<double>(batch.count);
    rewards.push_back(RewardOf(architecture(), accuracy, outcome->architectures.back()));
    mean += rewards.back() / samples;
    outcome->loss += loss.loss / samples;
    outcome->accuracy += accuracy / samples;
  }
  const double old = parameters().baseline;
  next_baseline_ =
      std::isnan(old) ? mean : architecture().baseline_decay * old + (1 - architecture().baseline_decay) * mean;
  Gradient gradient = NoGradient();
  for (uint32_t s = 0; s < samples; ++s) {
    const double advantage = (rewards[s] - next_baseline_) / samples;
    for (size_t i = 0; i < space().choices.size(); ++i) {
      for (const uint32_t candidate : space().choices[i].alive) {
        const double chosen = outcome->architectures[s][i] == candidate ? 1 : 0;
        gradient.values[i][candidate] -= advantage * (chosen - probabilities[i][candidate]);
        gradient.moved[i][candidate] = 1;
      }
    }
  }
  return gradient;
}

}  // namespace nasshrink::nn
