#include "space/second_reduction.h"

#include <variant>

namespace nasshrink::space {

std::optional<uint32_t> SecondReduction(const Network& network) {
  bool among_cells = false;
  uint32_t reductions = 0;
  for (uint32_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    among_cells = among_cells || std::holds_alternative<LayerCell>(layer.body);
    if (among_cells && layer.stride > 1 && ++reductions == 2) return i;
  }
  return std::nullopt;
}

}  // namespace nasshrink::space
