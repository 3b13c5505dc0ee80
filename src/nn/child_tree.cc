#include "nn/child_tree.h"

#include <algorithm>

namespace nasshrink::nn {

bool IsChain(const space::Space& space) {
  const auto& layers = space.network.layers;
  return std::none_of(layers.begin(), layers.end(),
                      [](const space::Layer& layer) { return std::holds_alternative<space::LayerCell>(layer.body); });
}

uint32_t ChildTree::Add(const space::Architecture& child) {
  uint32_t at = 0;
  for (uint32_t i = 0; i < space_.network.layers.size(); ++i) {
    const auto* choice = std::get_if<space::LayerChoice>(&space_.network.layers[i].body);
    const uint32_t candidate = choice != nullptr ? child[choice->choice] : 0;
    std::vector<uint32_t>& next = i == 0 ? first_ : nodes_[at].next;
    const auto found =
        std::find_if(next.begin(), next.end(), [&](uint32_t node) { return nodes_[node].candidate == candidate; });
    if (found != next.end()) {
      at = *found;
      continue;
    }
    const auto fresh = static_cast<uint32_t>(nodes_.size());
    next.push_back(fresh);
    nodes_.push_back({i, candidate, {}});
    at = fresh;
  }
  return at;
}

}  // namespace nasshrink::nn
