#include "space/preset_parts.h"

#include <fmt/format.h>

#include <utility>

namespace nasshrink::space {

void AddFixed(Space* space, std::string key, OperatorDef op, uint32_t out_channels, uint32_t stride) {
  space->network.layers.push_back({std::move(key), std::move(op), out_channels, stride});
}

OperatorDef ConvNorm(int64_t kernel, std::string_view activation) {
  return MakeOperator("conv_bn", {{"activation", std::string(activation)}, {"kernel", kernel}});
}

OperatorDef BareConv(int64_t kernel, uint32_t channels, const std::string& activation) {
  OperatorDef op = MakeOperator("graph");
  op.graph.push_back({"conv", {0}, {{"channels", int64_t{channels}}, {"kernel", kernel}}});
  if (activation != "none") op.graph.push_back({activation, {1}, {}});
  return op;
}

Choice* AddChoiceLayer(Space* space, uint32_t out_channels, uint32_t stride) {
  const auto index = static_cast<uint32_t>(space->choices.size());
  space->network.layers.push_back({fmt::format("block {}", index), LayerChoice{index}, out_channels, stride});
  Choice& choice = space->choices.emplace_back();
  choice.key = fmt::format("layer {}", index);
  return &choice;
}

Candidate MobileCandidate(int32_t code, int64_t kernel, int64_t expansion) {
  return {code, fmt::format("k{}e{}", kernel, expansion),
          MakeOperator("mb_block", {{"expansion", expansion}, {"kernel", kernel}})};
}

void AddHead(Space* space, uint32_t channels, std::string_view activation, bool bias) {
  if (channels > 0) AddFixed(space, "head", ConvNorm(1, activation), channels);
  AddFixed(space, "pool", MakeOperator("global_avg_pool"));
  AddFixed(space, "classifier", bias ? MakeOperator("linear") : MakeOperator("linear", {{"bias", int64_t{0}}}));
}

}  // namespace nasshrink::space
