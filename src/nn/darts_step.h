// DARTS's architecture step (Liu et al. 2019, Sec. 2.3) on the mixture of all candidates.
//
// First order: the gradient of the held-out loss at the current weights. Second order: at the weights w' that one
// training step would give, minus the rate times the Hessian-vector product d2 L_train / dalpha dw * dL_val / dw',
// taken by finite differences with epsilon = 0.01 / |dL_val / dw'| (Eq. 7, 8).
#ifndef NASSHRINK_NN_DARTS_STEP_H_
#define NASSHRINK_NN_DARTS_STEP_H_

#include <vector>

#include "nn/architecture_step.h"

namespace nasshrink::nn {

class DartsStep final : public ArchitectureStep {
 public:
  DartsStep(SupernetState& state, const run::TrainOptions& options) : ArchitectureStep(state, options) {}

 private:
  base::Result<Gradient> GradientOf(const ArchitectureBatches& batches, run::StepOutcome* outcome) override;
  // The weights after one step of training, without moving them.
  std::vector<float> Unrolled(const ArchitectureBatches& batches, const MixtureOutcome& training,
                              const std::vector<float>& gradient) const;
  void AddSecondOrder(const ArchitectureBatches& batches, const GatedMixture& mixed, const MixtureOutcome& held_out,
                      const std::vector<float>& direction, ChoiceValues* gates);
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_DARTS_STEP_H_
