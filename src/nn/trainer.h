// Single-path training of a supernet, or of a child on its own.
#ifndef NASSHRINK_NN_TRAINER_H_
#define NASSHRINK_NN_TRAINER_H_

#include <memory>
#include <string>
#include <vector>

#include "nn/dataset.h"
#include "nn/pass.h"
#include "nn/supernet_state.h"
#include "run/backend.h"

namespace nasshrink::nn {

class PathTrainer final : public run::Trainer {
 public:
  static base::Result<std::unique_ptr<run::Trainer>> Make(std::shared_ptr<SupernetState> state,
                                                          const run::TrainOptions& options);

  base::Result<run::StepOutcome> Step(const run::TensorView& inputs, const run::TensorView& targets) override;
  base::Result<run::EpochOutcome> Epoch(run::Dataset& dataset, uint32_t epoch, const base::Cancel* cancel,
                                        const run::StepProgress& progress) override;
  uint64_t StepsPerEpoch(const run::Dataset& dataset) const override;
  base::Result<std::string> Snapshot() const override;
  base::Status Restore(std::string_view snapshot) override;

 private:
  PathTrainer(std::shared_ptr<SupernetState> state, const run::TrainOptions& options)
      : state_(std::move(state)), options_(options) {}

  base::Status Prepare();
  // One step on a batch in channels_last order; OUT_OF_RANGE leaves everything as it was. Executor's thread.
  base::Result<run::StepOutcome> StepOn(const float* images, const int64_t* targets, int64_t count);
  base::Status Apply(const Program& program, double rate);
  void CommitMoments(const std::vector<NormMoments>& moments);
  void MoveUnsampled(const Program& program, double rate);
  base::Result<run::EpochOutcome> RunEpoch(const ImageDataset& dataset, uint32_t epoch, const base::Cancel* cancel,
                                           const run::StepProgress& progress);
  base::Status WriteSnapshot(std::string* bytes) const;
  base::Status CheckBatch(const run::TensorView& inputs, const run::TensorView& targets) const;

  const std::shared_ptr<SupernetState> state_;
  const run::TrainOptions options_;
  uint64_t step_ = 0;
  std::vector<float> momentum_;
  std::vector<uint8_t> touched_;  // one a parameter: has had a gradient
  std::vector<float> gradients_;
  std::vector<float> logit_gradient_;
};

// The data set's images must be what the network takes.
base::Status CheckDataset(const NetworkPlan& plan, const run::DatasetInfo& info);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_TRAINER_H_
