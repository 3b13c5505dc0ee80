#include "space/mobile_chain.h"

#include <algorithm>

#include "space/uses.h"
#include "space/validate_network.h"

namespace nasshrink::space {
namespace {

bool IsBlock(const Candidate& candidate) {
  const OperatorDef* op = candidate.op();
  if (op == nullptr) return false;
  return op->kind == "mb_block" || (op->kind == "identity" && op->attributes.empty());
}

bool AllBlocks(const Choice& choice) {
  return choice.grammar.empty() && std::all_of(choice.candidates.begin(), choice.candidates.end(), IsBlock);
}

}  // namespace

size_t MobileChain::LeadingFixed() const {
  const auto first =
      std::find_if(blocks.begin(), blocks.end(), [](const MobileBlock& block) { return block.fixed == nullptr; });
  return static_cast<size_t>(first - blocks.begin());
}

std::optional<MobileChain> MobileChainOf(const Space& space) {
  for (const std::vector<ChoiceUse>& uses : UsesOfChoices(space)) {
    if (uses.size() != 1) return std::nullopt;
  }
  MobileChain chain;
  const std::vector<Shape> shapes = ShapesOf(space, space.network.input_height, space.network.input_width);
  for (size_t i = 0; i < space.network.layers.size(); ++i) {
    const Layer& layer = space.network.layers[i];
    const auto* fixed = std::get_if<OperatorDef>(&layer.body);
    const auto* choice = std::get_if<LayerChoice>(&layer.body);
    const bool block = choice != nullptr || (fixed != nullptr && fixed->kind == "mb_block");
    if (fixed == nullptr && (choice == nullptr || !AllBlocks(space.choices[choice->choice]))) return std::nullopt;
    if (block && !chain.head.empty()) return std::nullopt;
    if (block) {
      chain.blocks.push_back(
          {fixed, choice == nullptr ? 0 : choice->choice, shapes[i].channels, shapes[i + 1].channels, layer.stride});
    } else {
      (chain.blocks.empty() ? chain.stem : chain.head).push_back(&layer);
    }
  }
  return chain;
}

}  // namespace nasshrink::space
