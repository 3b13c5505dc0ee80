#include "space/network_space.h"

#include <fmt/format.h>

#include "base/json_text.h"
#include "space/autospace_graph.h"
#include "space/codec.h"
#include "space/network_config.h"
#include "space/notation_text.h"
#include "space/operators.h"
#include "space/preset_parts.h"
#include "space/presets.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

constexpr std::string_view kNetwork = "network";
constexpr std::string_view kAutoSpace = "autospace-space";
constexpr uint32_t kSide = 224;
constexpr size_t kMaxLearnedLayers = 1000;

OperatorDef ConvOperator(const ConvConfig& conv) { return ConvNorm(conv.kernel, conv.activation); }

void AddChoice(Space* space, Candidate only, uint32_t channels, uint32_t stride) {
  AddChoiceLayer(space, channels, stride)->candidates.push_back(std::move(only));
}

void AddBlock(Space* space, const BlockConfig& block) {
  if (const auto* mobile = std::get_if<MobileBlockConfig>(&block)) {
    std::vector<Attribute> attributes = {{"expansion", int64_t{mobile->expansion}},
                                         {"kernel", int64_t{mobile->kernel}}};
    if (mobile->activation != "relu6") attributes.push_back({"activation", mobile->activation});
    if (mobile->squeeze_excite) attributes.push_back({"squeeze_excite", kSqueezeReduction});
    const std::string label = fmt::format("k{}e{}", mobile->kernel, mobile->expansion);
    AddChoice(space, {0, label, MakeOperator("mb_block", attributes)}, mobile->out, mobile->stride);
  } else if (const auto* cell = std::get_if<CellBlockConfig>(&block)) {
    AddChoice(space, {0, AutoSpaceGraphText(cell->cell), cell->cell}, cell->out, cell->stride);
  } else {
    AddChoice(space, {-1, "identity", MakeOperator("identity")}, 0, 1);
  }
}

void AddTail(Space* space, const NetworkConfig& config) {
  const ConvConfig& mix = config.feature_mix;
  if (config.final_expand) {
    AddFixed(space, "final expand", ConvOperator(*config.final_expand), config.final_expand->out,
             config.final_expand->stride);
    AddFixed(space, "pool", MakeOperator("global_avg_pool"));
    AddFixed(space, "feature mix", BareConv(mix.kernel, mix.out, mix.activation), mix.out, mix.stride);
  } else {
    AddFixed(space, "feature mix", ConvOperator(mix), mix.out, mix.stride);
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
  AddFixed(&space, "stem", ConvOperator(config.first_conv), config.first_conv.out, config.first_conv.stride);
  for (const BlockConfig& block : config.blocks) AddBlock(&space, block);
  AddTail(&space, config);
  return Checked(std::move(space));
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
  if (blocks.Size() == 0 || blocks.Size() > kMaxLearnedLayers) {
    return blocks.Wrong(fmt::format("1..{} layers", kMaxLearnedLayers), "is no list of layers");
  }
  v1::PresetOptions options;
  options.set_layers(static_cast<uint32_t>(blocks.Size()));
  NASSHRINK_ASSIGN_OR_RETURN(Space space, Preset("autospace", options));
  space.name = "autospace-learned";
  for (size_t i = 0; i < blocks.Size(); ++i) {
    NASSHRINK_ASSIGN_OR_RETURN(const base::JsonView cells, blocks.Item(i));
    NASSHRINK_ASSIGN_OR_RETURN(space.choices[i].candidates, ReadCells(cells));
    space.choices[i].grammar.clear();
  }
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

base::Result<Space> ImportSpace(std::string_view format, std::string_view text) {
  if (format.empty()) format = Detect(text);
  if (format == kNetwork) return SpaceOfNetwork(text);
  if (format == kAutoSpace) return SpaceOfAutoSpace(text);
  return base::Invalid("format", Shown(format), fmt::format("{}, {}", kNetwork, kAutoSpace),
                       "no space is written like this");
}

}  // namespace nasshrink::space
