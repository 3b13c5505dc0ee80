// ProxylessNAS's REINFORCE step (Sec. 3.3.2): networks are drawn by the parameters, rewarded by their accuracy on
// held-out images (and their cost), and the parameters follow the mean of (reward - baseline) d log p / d alpha.
//
// The baseline is a moving average of the mean rewards, brought up to date before the advantage is taken, as in the
// published code; its first value is the first mean.
#ifndef NASSHRINK_NN_REINFORCE_STEP_H_
#define NASSHRINK_NN_REINFORCE_STEP_H_

#include "nn/architecture_step.h"

namespace nasshrink::nn {

class ReinforceStep final : public ArchitectureStep {
 public:
  ReinforceStep(SupernetState& state, const run::TrainOptions& options) : ArchitectureStep(state, options) {}

 private:
  base::Result<Gradient> GradientOf(const ArchitectureBatches& batches, run::StepOutcome* outcome) override;
  void Finish() override { parameters().baseline = next_baseline_; }

  double next_baseline_ = 0;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_REINFORCE_STEP_H_
