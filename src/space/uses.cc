#include "space/uses.h"

namespace nasshrink::space {

std::vector<std::vector<ChoiceUse>> UsesOfChoices(const Space& space) {
  std::vector<std::vector<ChoiceUse>> uses(space.choices.size());
  const auto add = [&uses](uint32_t choice, ChoiceUse use) {
    if (choice < uses.size()) uses[choice].push_back(use);
  };
  using Where = ChoiceUse::Where;
  const Network& network = space.network;
  for (uint32_t i = 0; i < network.layers.size(); ++i) {
    const auto* layer = std::get_if<LayerChoice>(&network.layers[i].body);
    if (layer != nullptr) add(layer->choice, {Where::kLayer, i, 0});
  }
  for (uint32_t c = 0; c < network.cells.size(); ++c) {
    const Cell& cell = network.cells[c];
    for (uint32_t e = 0; e < cell.edges.size(); ++e) add(cell.edges[e].choice, {Where::kEdge, c, e});
    for (uint32_t n = 0; n < cell.node_inputs.size(); ++n) {
      add(cell.node_inputs[n].choice, {Where::kNodeInputs, c, n});
    }
  }
  return uses;
}

}  // namespace nasshrink::space
