// What the steps of a training work on: the paths that are drawn.
//
// A step runs `paths` passes, forward and backward, on the same batch; their gradients add up and the optimiser moves
// the weights once. A path depends on the seed, the step, its number and the supernet's architecture parameters alone,
// so that a training can be stopped between any two steps.
#ifndef NASSHRINK_NN_STRATEGY_H_
#define NASSHRINK_NN_STRATEGY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "nn/mixture.h"
#include "nn/supernet_state.h"
#include "run/backend.h"

namespace nasshrink::nn {

class Strategy {
 public:
  virtual ~Strategy() = default;
  // Passes a step; at least 1 and the same for all steps.
  virtual uint32_t paths() const { return 1; }
  // Path `number` (0..paths()-1) of step `step`: one architecture, or one a cell layer in network order.
  virtual std::vector<space::Architecture> Draw(uint64_t step, uint32_t number) const = 0;
  // A mixture of candidates to work on in place of a drawn path.
  virtual std::optional<GatedMixture> Mixed() const { return std::nullopt; }
};

// The state must outlive the strategy.
std::unique_ptr<Strategy> MakeStrategy(const SupernetState& state, const run::TrainOptions& options);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_STRATEGY_H_
