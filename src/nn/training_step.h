// One optimiser step in the making: passes over sampled paths whose gradients add up until they are applied.
//
// Owns all that training keeps between steps beside the weights: optimiser, step counter, gradient sums. Where batches
// come from and what loss is taken is the trainer's business. Runs on the executor's thread, destruction included.
#ifndef NASSHRINK_NN_TRAINING_STEP_H_
#define NASSHRINK_NN_TRAINING_STEP_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/safetensors.h"
#include "nn/architecture_step.h"
#include "nn/gradients.h"
#include "nn/image_drop.h"
#include "nn/optimizer.h"
#include "nn/pass.h"
#include "nn/strategy.h"
#include "nn/supernet_state.h"
#include "run/backend.h"

namespace nasshrink::nn {

class TrainingStep {
 public:
  // State and options must outlive it.
  TrainingStep(SupernetState& state, const run::TrainOptions& options, std::unique_ptr<Strategy> strategy);
  ~TrainingStep() { state_.memory.Remove(LastingBytes()); }
  TrainingStep(const TrainingStep&) = delete;
  TrainingStep& operator=(const TrainingStep&) = delete;

  uint64_t step() const { return step_; }
  uint32_t paths() const { return strategy_->paths(); }
  // Passes have been added since the last Apply, or one is half done.
  bool begun() const { return pass_ != nullptr || !gradients_.empty(); }
  bool forwarded() const { return pass_ != nullptr; }
  bool whole() const { return !gradients_.empty() && gradients_.passes() % paths() == 0; }

  // The step's next path on images [count, height, width, channels], which must stay until Backward is done. Returns
  // logits [count, classes], valid until the next call.
  const std::vector<float>& Forward(const float* images, int64_t count);
  int classes() const { return program_.classifier.classes; }
  // Of the auxiliary head, as Forward's; nullptr without one.
  const std::vector<float>* auxiliary_logits() const {
    return program_.auxiliary ? &pass_->auxiliary_logits() : nullptr;
  }
  // Of the pass that Forward has run.
  const std::vector<space::Architecture>& path() const { return path_; }
  void Backward(const float* logit_gradient, const float* auxiliary_gradient = nullptr);
  // Clips, moves weights, running statistics and averages, and counts the step. OUT_OF_RANGE for a gradient that is
  // not finite: nothing has moved and the gradients are forgotten.
  base::Status Apply(run::StepOutcome* outcome);
  // Forgets passes and gradients.
  void Discard();
  // Passes over a step that could not be applied: schedule and draws go on, nothing else moves.
  void Skip() { ++step_; }

  // Of the steps that follow; batches of the caller's own are of the first.
  void BeginEpoch(uint32_t epoch) { epoch_ = epoch; }
  bool has_architecture() const { return architecture_ != nullptr; }
  // One step of the architecture parameters; `training` may be empty where no second order is asked for.
  base::Status MoveArchitecture(const LabelledBatch& held_out, const LabelledBatch& training,
                                run::StepOutcome* outcome);

  const GradientSum& gradients() const { return gradients_; }

  base::Status Write(base::SafetensorsWriter* writer) const;
  base::Status Read(const base::SafetensorsImage& image);
  // The optimiser's state alone, as far as weights agree in name and shape.
  base::Status Adopt(const base::SafetensorsImage& image);

 private:
  // Of the optimiser, gradients and what architecture steps put aside.
  uint64_t LastingBytes() const;
  Program Compile(const std::optional<GatedMixture>& mixed) const;
  ImageDrop DropOf(bool mixed, uint32_t pass) const;
  void DrawFeatureScale(int64_t count);
  void CommitMoments(const std::vector<NormMoments>& moments);

  SupernetState& state_;
  const run::TrainOptions& options_;
  const std::unique_ptr<Strategy> strategy_;
  const std::unique_ptr<ArchitectureStep> architecture_;
  const std::unique_ptr<Optimizer> optimizer_;
  uint64_t step_ = 0;
  uint32_t epoch_ = 0;
  GradientSum gradients_;
  std::vector<space::Architecture> path_;
  std::vector<space::Architecture> drawn_;  // the step's paths, each once
  Program program_;
  std::vector<float> gates_, feature_scale_, image_scales_;
  std::unique_ptr<Pass<float>> pass_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_TRAINING_STEP_H_
