// Training of a supernet, or of a child on its own: batches in, steps taken, by whole epochs or one at a time.
#ifndef NASSHRINK_NN_TRAINER_H_
#define NASSHRINK_NN_TRAINER_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nn/dataset.h"
#include "nn/held_out.h"
#include "nn/supernet_state.h"
#include "nn/training_step.h"
#include "run/backend.h"

namespace nasshrink::nn {

class PathTrainer final : public run::Trainer {
 public:
  static base::Result<std::unique_ptr<run::Trainer>> Make(std::shared_ptr<SupernetState> state,
                                                          const run::TrainOptions& options);
  ~PathTrainer() override;

  base::Result<run::StepOutcome> Step(const run::TensorView& inputs, const run::TensorView& targets) override;
  base::Result<run::ForwardOutcome> Forward(const run::TensorView& inputs) override;
  base::Status Backward(const run::TensorView& logit_gradient) override;
  base::Result<run::StepOutcome> Apply() override;
  base::Result<run::NamedTensor> Gradient(std::string_view name) const override;
  base::Result<run::EpochOutcome> Epoch(run::Dataset& dataset, const run::EpochRequest& request) override;
  uint64_t StepsPerEpoch(const run::Dataset& dataset) const override;
  base::Result<std::string> Snapshot() const override;
  base::Status Restore(std::string_view snapshot) override;
  base::Status Adopt(std::string_view snapshot) override;
  base::Result<run::StepOutcome> ArchitectureStep(const run::TensorView& inputs,
                                                  const run::TensorView& targets) override;

 private:
  PathTrainer(std::shared_ptr<SupernetState> state, const run::TrainOptions& options)
      : state_(std::move(state)), options_(options) {}

  base::Status Prepare();
  // One step on a batch in channels_last order; OUT_OF_RANGE leaves everything as it was. Executor's thread.
  base::Result<run::StepOutcome> StepOn(const float* images, const int64_t* targets, int64_t count);
  // One pass of it, on a piece of the batch.
  base::Status AddPass(const float* images, const int64_t* targets, int64_t count, double share,
                       run::StepOutcome* outcome);
  base::Result<run::EpochOutcome> RunEpoch(const ImageDataset& dataset, const run::EpochRequest& request);
  // The step of the architecture parameters that is due before a weight step, if one is.
  base::Result<run::StepOutcome> MoveArchitecture(HeldOutBatches* held_out, const LabelledBatch& training);
  // Adds a step of an epoch, applied or skipped, to its outcome; the epoch's end when it is an error.
  base::Status Count(const base::Result<run::StepOutcome>& step, size_t images, const run::EpochRequest& request,
                     run::EpochOutcome* outcome);
  base::Status CheckWhole() const;

  const std::shared_ptr<SupernetState> state_;
  const run::TrainOptions options_;
  std::unique_ptr<TrainingStep> step_;
  uint32_t skipped_in_a_row_ = 0;
  std::vector<float> images_;  // of the caller's Forward
  int64_t rows_ = 0;
  std::vector<float> logit_gradient_, auxiliary_gradient_;
};

// The data set's images must be what the network takes.
base::Status CheckDataset(const NetworkPlan& plan, const run::DatasetInfo& info);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_TRAINER_H_
