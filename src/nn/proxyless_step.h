// ProxylessNAS's gradient step (Cai et al. 2019, Sec. 3.2.1): gates are binary, the gradient of a parameter is that of
// the gates through the softmax, dL/dalpha_i = sum_k dL/dg_k p_k (delta_ik - p_i).
//
// "full_v2": one path is active, the outputs of all candidates are computed. "two": two candidates of each choice are
// drawn without replacement and their probabilities normalised between them, one of the two is active; after the step
// both parameters are shifted alike, so that the sum of their exponentials stays what it was and the others keep their
// probabilities.
#ifndef NASSHRINK_NN_PROXYLESS_STEP_H_
#define NASSHRINK_NN_PROXYLESS_STEP_H_

#include <array>
#include <cstdint>
#include <vector>

#include "nn/architecture_step.h"
#include "nn/expected_cost.h"

namespace nasshrink::nn {

class ProxylessStep final : public ArchitectureStep {
 public:
  ProxylessStep(SupernetState& state, const run::TrainOptions& options) : ArchitectureStep(state, options) {}

 private:
  // Of one choice: candidates that take part, with probabilities that add up to 1 over them.
  struct Draw {
    std::vector<uint32_t> candidates;
    std::vector<double> probabilities;  // one a root candidate
    uint32_t active = 0;
  };

  base::Result<Gradient> GradientOf(const ArchitectureBatches& batches, run::StepOutcome* outcome) override;
  void Finish() override;
  Draw DrawChoice(uint32_t choice, const std::vector<double>& probabilities) const;
  void AddCost(const CostTerm& term, const ChoiceValues& probabilities, Gradient* gradient) const;

  std::vector<Draw> draws_;
  ChoiceValues before_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_PROXYLESS_STEP_H_
