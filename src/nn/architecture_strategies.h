// Weight steps of strategies that learn architecture parameters: what the parameters say is what is trained.
#ifndef NASSHRINK_NN_ARCHITECTURE_STRATEGIES_H_
#define NASSHRINK_NN_ARCHITECTURE_STRATEGIES_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "nn/strategy.h"

namespace nasshrink::nn {

// The mixture of all alive candidates by their probabilities (DARTS Sec. 2.2).
class DartsStrategy final : public Strategy {
 public:
  explicit DartsStrategy(const SupernetState& state) : state_(state) {}
  std::vector<space::Architecture> Draw(uint64_t, uint32_t) const override { return {}; }
  std::optional<GatedMixture> Mixed() const override;

 private:
  const SupernetState& state_;
};

// One path a step, drawn by the probabilities (ProxylessNAS Sec. 3.2): only the active path is computed.
class ProxylessStrategy final : public Strategy {
 public:
  ProxylessStrategy(const SupernetState& state, uint64_t seed) : state_(state), seed_(seed) {}
  std::vector<space::Architecture> Draw(uint64_t step, uint32_t number) const override;

 private:
  const SupernetState& state_;
  const uint64_t seed_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_ARCHITECTURE_STRATEGIES_H_
