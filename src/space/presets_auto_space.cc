// AutoSpace (Zhou et al., ICCV 2021) before anything is learned: every layer may be any of 93,750 cells.
//
// The paper gives the cells (Sec. 4.3) and 21 layers, not the widths; these are our decision: those of
// ProxylessNAS-mobile, with which the paper compares.
#include "space/preset_makers.h"
#include "space/preset_options.h"
#include "space/preset_parts.h"

namespace nasshrink::space {
namespace {

constexpr uint32_t kLayers = 21;
constexpr uint32_t kMaxAutoSpaceLayers = 4000;

// 5^6 graphs of four inner nodes, three ratios, two merge functions.
CellGrammar Grammar() {
  CellGrammar grammar;
  grammar.nodes = 4;
  grammar.operators = {MakeOperator("conv", {{"kernel", int64_t{1}}}), MakeOperator("conv", {{"kernel", int64_t{3}}}),
                       MakeOperator("depthwise_conv", {{"kernel", int64_t{3}}}), MakeOperator("identity"),
                       MakeOperator("none")};
  grammar.ratios = {1, 3, 6};
  grammar.merges = {Merge::kSum, Merge::kProduct};
  return grammar;
}

}  // namespace

base::Result<Space> MakeAutoSpace(const v1::PresetOptions& options) {
  // The last stage has one layer; the others share the rest evenly, earlier ones taking what is left over.
  constexpr Stage kStages[] = {{32, 0, 2}, {40, 0, 2}, {80, 0, 2}, {96, 0, 1}, {192, 0, 2}};
  constexpr uint32_t kLastChannels = 320;
  constexpr uint32_t kStageCount = sizeof kStages / sizeof kStages[0];
  Space space;
  NASSHRINK_RETURN_IF_ERROR(SetInput(options, {}, &space.network));
  NASSHRINK_ASSIGN_OR_RETURN(const Scaling scaling, Scaling::Make(options));
  const uint32_t layers = Or(options.layers(), kLayers);
  NASSHRINK_RETURN_IF_ERROR(CheckOption("layers", layers, 1, kMaxAutoSpaceLayers));
  AddFixed(&space, "stem", ConvNorm(3, "relu6"), scaling.Channels(32), 2);
  const auto add = [&](uint32_t channels, uint32_t stride) {
    AddChoiceLayer(&space, scaling.Channels(channels), stride)->grammar = {Grammar()};
  };
  for (uint32_t s = 0; s < kStageCount; ++s) {
    const uint32_t count = (layers - 1) / kStageCount + (s < (layers - 1) % kStageCount ? 1 : 0);
    for (uint32_t i = 0; i < count; ++i) add(kStages[s].channels, i == 0 ? kStages[s].stride : 1);
  }
  add(kLastChannels, 1);
  AddHead(&space, 0, "none");
  return space;
}

}  // namespace nasshrink::space
