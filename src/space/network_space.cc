#include "space/network_space.h"

#include <fmt/format.h>

#include "base/json_text.h"
#include "space/autospace_graph.h"
#include "space/codec.h"
#include "space/network_config.h"
#include "space/notation_text.h"
#include "space/operators.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

constexpr std::string_view kNetwork = "network";
constexpr std::string_view kAutoSpace = "autospace-space";
constexpr uint32_t kSide = 224;
constexpr uint32_t kClasses = 1000;

OperatorDef ConvNorm(const ConvConfig& conv) {
  return MakeOperator("conv_bn", {{"activation", conv.activation}, {"kernel", int64_t{conv.kernel}}});
}

void AddFixed(Space* space, std::string key, OperatorDef op, uint32_t channels = 0, uint32_t stride = 1) {
  space->network.layers.push_back({std::move(key), std::move(op), channels, stride});
}

void AddChoice(Space* space, std::vector<Candidate> candidates, uint32_t channels, uint32_t stride) {
  const auto index = static_cast<uint32_t>(space->choices.size());
  space->network.layers.push_back({fmt::format("block {}", index), LayerChoice{index}, channels, stride});
  Choice& choice = space->choices.emplace_back();
  choice.key = fmt::format("layer {}", index);
  choice.candidates = std::move(candidates);
}

void AddBlock(Space* space, const BlockConfig& block) {
  if (const auto* mobile = std::get_if<MobileBlockConfig>(&block)) {
    std::vector<Attribute> attributes = {{"expansion", int64_t{mobile->expansion}},
                                         {"kernel", int64_t{mobile->kernel}}};
    if (mobile->activation != "relu6") attributes.push_back({"activation", mobile->activation});
    if (mobile->squeeze_excite) attributes.push_back({"squeeze_excite", kSqueezeReduction});
    const std::string label = fmt::format("k{}e{}", mobile->kernel, mobile->expansion);
    AddChoice(space, {{0, label, MakeOperator("mb_block", attributes)}}, mobile->out, mobile->stride);
  } else if (const auto* cell = std::get_if<CellBlockConfig>(&block)) {
    AddChoice(space, {{0, AutoSpaceGraphText(cell->cell), cell->cell}}, cell->out, cell->stride);
  } else {
    AddChoice(space, {{-1, "identity", MakeOperator("identity")}}, 0, 1);
  }
}

void AddHead(Space* space, const NetworkConfig& config) {
  const ConvConfig& mix = config.feature_mix;
  if (config.final_expand) {
    AddFixed(space, "final expand", ConvNorm(*config.final_expand), config.final_expand->out,
             config.final_expand->stride);
    AddFixed(space, "pool", MakeOperator("global_avg_pool"));
    AddFixed(space, "feature mix", MakeOperator("conv", {{"kernel", int64_t{mix.kernel}}}), mix.out, mix.stride);
    if (mix.activation != "none") AddFixed(space, "activation", MakeOperator(mix.activation));
  } else {
    AddFixed(space, "feature mix", ConvNorm(mix), mix.out, mix.stride);
    AddFixed(space, "pool", MakeOperator("global_avg_pool"));
  }
  AddFixed(space, "classifier", config.bias ? MakeOperator("linear") : MakeOperator("linear", {{"bias", int64_t{0}}}));
}

base::Result<Space> Checked(Space space) {
  Finish(space);
  NASSHRINK_RETURN_IF_ERROR(Validate(space));
  return space;
}

base::Result<Space> SpaceOfNetwork(std::string_view text) {
  NASSHRINK_ASSIGN_OR_RETURN(const NetworkConfig config, ReadNetworkConfig(text));
  Space space;
  space.name = config.name;
  space.network.input_channels = config.first_conv.in;
  space.network.input_height = space.network.input_width = kSide;
  space.network.classes = config.classes;
  AddFixed(&space, "stem", ConvNorm(config.first_conv), config.first_conv.out, config.first_conv.stride);
  for (const BlockConfig& block : config.blocks) AddBlock(&space, block);
  AddHead(&space, config);
  return Checked(std::move(space));
}

struct Width {
  uint32_t channels;
  uint32_t stride;
};

// Stages of ProxylessNAS-mobile: the last has one layer, the others share the rest, earlier ones what is left over.
std::vector<Width> WidthsOf(size_t layers) {
  constexpr Width kStages[] = {{32, 2}, {40, 2}, {80, 2}, {96, 1}, {192, 2}};
  constexpr size_t kCount = sizeof kStages / sizeof kStages[0];
  std::vector<Width> widths;
  for (size_t s = 0; s < kCount; ++s) {
    const size_t share = (layers - 1) / kCount + (s < (layers - 1) % kCount ? 1 : 0);
    for (size_t i = 0; i < share; ++i) widths.push_back({kStages[s].channels, i == 0 ? kStages[s].stride : 1});
  }
  widths.push_back({320, 1});
  return widths;
}

base::Result<std::vector<Candidate>> ReadCells(const base::JsonView& list) {
  if (list.Size() == 0) return list.Wrong("a list of graph matrices", "is no list of cells");
  std::vector<Candidate> cells;
  for (size_t i = 0; i < list.Size(); ++i) {
    NASSHRINK_ASSIGN_OR_RETURN(const base::JsonView graph, list.Item(i));
    NASSHRINK_ASSIGN_OR_RETURN(CellCandidate cell, ReadAutoSpaceGraph(graph));
    const std::string label = AutoSpaceGraphText(cell);
    cells.push_back({static_cast<int32_t>(i), label, std::move(cell)});
  }
  return cells;
}

base::Result<Space> SpaceOfAutoSpace(std::string_view text) {
  NASSHRINK_ASSIGN_OR_RETURN(const base::JsonDocument document, base::JsonDocument::Parse(text));
  NASSHRINK_ASSIGN_OR_RETURN(const base::JsonView blocks, document.root().Member("blocks"));
  if (blocks.Size() == 0 || blocks.Size() > kMaxChoices) {
    return blocks.Wrong(fmt::format("1..{} layers", kMaxChoices), "is no list of layers");
  }
  Space space;
  space.name = "autospace-learned";
  space.network.input_channels = 3;
  space.network.input_height = space.network.input_width = kSide;
  space.network.classes = kClasses;
  ConvConfig stem;
  stem.kernel = 3;
  stem.activation = "relu6";
  AddFixed(&space, "stem", ConvNorm(stem), 32, 2);
  const std::vector<Width> widths = WidthsOf(blocks.Size());
  for (size_t i = 0; i < blocks.Size(); ++i) {
    NASSHRINK_ASSIGN_OR_RETURN(const base::JsonView cells, blocks.Item(i));
    NASSHRINK_ASSIGN_OR_RETURN(std::vector<Candidate> candidates, ReadCells(cells));
    AddChoice(&space, std::move(candidates), widths[i].channels, widths[i].stride);
  }
  AddFixed(&space, "pool", MakeOperator("global_avg_pool"));
  AddFixed(&space, "classifier", MakeOperator("linear"));
  return Checked(std::move(space));
}

// A network says what its first convolution is; a learned space has nothing but layers.
std::string_view Detect(std::string_view text) {
  return text.find("\"first_conv\"") == std::string_view::npos &&
                 text.find("SuperProxylessNASNets") != std::string_view::npos
             ? kAutoSpace
             : kNetwork;
}

}  // namespace

std::vector<NotationInfo> SpaceNotations() {
  return {{kNetwork, "a network of ProxylessNAS, Once-for-All or AutoSpace as JSON: one candidate a choice"},
          {kAutoSpace, "AutoSpace's learned space as JSON: a list of layers of graph matrices"}};
}

base::Result<Space> ImportSpace(std::string_view format, std::string_view text) {
  if (format.empty()) format = Detect(text);
  if (format == kNetwork) return SpaceOfNetwork(text);
  if (format == kAutoSpace) return SpaceOfAutoSpace(text);
  return base::Invalid("format", Shown(format), fmt::format("{}, {}", kNetwork, kAutoSpace),
                       "no space is written like this");
}

}  // namespace nasshrink::space
