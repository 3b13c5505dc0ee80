// One step of the architecture parameters, by one of the published rules; see docs/methods.md.
//
// Reads weights, never moves them; batch norms use the batch's moments and running statistics stay as they are. Runs on
// the executor's thread.
#ifndef NASSHRINK_NN_ARCHITECTURE_STEP_H_
#define NASSHRINK_NN_ARCHITECTURE_STEP_H_

#include <memory>
#include <vector>

#include "base/status.h"
#include "nn/image_drop.h"
#include "nn/mixture.h"
#include "nn/optimizer.h"
#include "run/backend.h"

namespace nasshrink::nn {

// What a step is made from, beside the supernet.
struct ArchitectureBatches {
  LabelledBatch held_out;
  LabelledBatch training;                // count 0: there is none
  double rate = 0;                       // of the weight step that follows
  const Optimizer* optimizer = nullptr;  // of the weights
  ImageDrop drop;                        // of identities in mixtures
};

class ArchitectureStep {
 public:
  virtual ~ArchitectureStep() = default;
  // Moves the supernet's parameters by one step; `loss` (cost included), `accuracy` on the held-out batch and the
  // parameters' `gradient_norm` before clipping are told. OUT_OF_RANGE when a number is not finite: nothing has moved.
  base::Status Take(const ArchitectureBatches& batches, run::StepOutcome* outcome);

 protected:
  ArchitectureStep(SupernetState& state, const run::TrainOptions& options) : state_(state), options_(options) {}

  struct Gradient {
    ChoiceValues values;
    std::vector<std::vector<uint8_t>> moved;  // one a candidate: the step moves it
  };
  // Gradient of what is minimised.
  virtual base::Result<Gradient> GradientOf(const ArchitectureBatches& batches, run::StepOutcome* outcome) = 0;
  // After the optimiser's step.
  virtual void Finish() {}

  run::ArchitectureParameters& parameters() { return *state_.weights.architecture; }
  const run::ArchitectureOptions& architecture() const { return options_.architecture; }
  const space::Space& space() const { return state_.plan.space; }
  // No gradient, and all alive candidates of choices with gates marked.
  Gradient NoGradient() const;
  std::vector<float>& scratch();

  SupernetState& state_;
  const run::TrainOptions& options_;

 private:
  std::vector<float> scratch_;
};

// nullptr for strategies without architecture parameters. State and options must outlive it.
std::unique_ptr<ArchitectureStep> MakeArchitectureStep(SupernetState& state, const run::TrainOptions& options);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_ARCHITECTURE_STEP_H_
