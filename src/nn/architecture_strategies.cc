#include "nn/architecture_strategies.h"

#include "score/softmax.h"

namespace nasshrink::nn {

std::optional<GatedMixture> DartsStrategy::Mixed() const {
  const space::Space& space = state_.plan.space;
  return MixAll(space, score::Probabilities(space, state_.weights.architecture->alpha));
}

std::vector<space::Architecture> ProxylessStrategy::Draw(uint64_t step, uint32_t) const {
  const space::Space& space = state_.plan.space;
  return {DrawByProbability(space, score::Probabilities(space, state_.weights.architecture->alpha), seed_, step)};
}

}  // namespace nasshrink::nn
