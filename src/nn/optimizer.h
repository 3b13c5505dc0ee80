// How gradients move weights: what every optimiser offers to the trainer.
//
// Only listed parameters move; all others, with their state, stay as they are. What has to be kept between steps is
// `slots` (arrays in the layout's order of weights) and `counters` (steps a parameter has been moved by), so that
// snapshots and supernets of other spaces can carry them over by name.
#ifndef NASSHRINK_NN_OPTIMIZER_H_
#define NASSHRINK_NN_OPTIMIZER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nn/parameters.h"
#include "run/backend.h"

namespace nasshrink::nn {

// Weight decay of a parameter of this kind; 0 where the options leave it out.
double DecayOf(ParameterKind kind, const run::OptimizerOptions& options);

class Optimizer {
 public:
  struct Slot {
    std::string name;
    std::vector<float> values;
  };

  Optimizer(const Layout& layout, const run::OptimizerOptions& options) : layout_(layout), options_(options) {
    counters_.assign(layout.parameters.size(), 0);
  }
  virtual ~Optimizer() = default;

  // One step of the parameters at these ascending indices. `gradients` may be null: all are zero, and only momentum
  // and decay act.
  void Step(const std::vector<uint32_t>& parameters, double rate, const float* gradients, float* weights);
  // The same for every parameter that has moved before and is not listed: what PyTorch does to tensors whose gradient
  // is zero instead of absent.
  void StepOthers(const std::vector<uint32_t>& listed, double rate, float* weights);

  const std::vector<Slot>& slots() const { return slots_; }
  std::vector<Slot>& slots() { return slots_; }
  const std::vector<uint64_t>& counters() const { return counters_; }
  std::vector<uint64_t>& counters() { return counters_; }

 protected:
  // `counter` counts from 1; `decay` is the parameter's own; arrays begin at the parameter.
  struct Piece {
    size_t offset = 0;
    size_t size = 0;
    uint64_t counter = 0;
    float decay = 0;
  };
  virtual void Move(const Piece& piece, double rate, const float* gradient, float* weight) = 0;

  void AddSlot(const char* name) { slots_.push_back({name, std::vector<float>(layout_.weights, 0.0F)}); }
  float* slot(size_t index, const Piece& piece) { return slots_[index].values.data() + piece.offset; }

  const Layout& layout_;
  const run::OptimizerOptions options_;

 private:
  void StepOne(uint32_t index, double rate, const float* gradients, float* weights);

  std::vector<Slot> slots_;
  std::vector<uint64_t> counters_;
};

// The layout must outlive the optimiser.
std::unique_ptr<Optimizer> MakeOptimizer(const Layout& layout, const run::OptimizerOptions& options);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_OPTIMIZER_H_
