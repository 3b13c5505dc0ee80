// NAS-Bench-201 (Dong and Yang, ICLR 2020): one cell of six edges in three stages; operators in its code's order.
#include <fmt/format.h>

#include <utility>

#include "space/preset_makers.h"
#include "space/preset_options.h"
#include "space/preset_parts.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

constexpr uint32_t kStages = 3;
constexpr uint32_t kMaxCellsPerStage = 1000;

Choice EdgeChoice(uint32_t to, uint32_t from) {
  Choice choice;
  choice.key = fmt::format("{}<-{}", to, from);
  choice.candidates = {
      {0, "none", MakeOperator("none")},
      {1, "skip_connect", MakeOperator("identity")},
      {2, "nor_conv_1x1", MakeOperator("relu_conv_bn", {{"kernel", int64_t{1}}})},
      {3, "nor_conv_3x3", MakeOperator("relu_conv_bn", {{"kernel", int64_t{3}}})},
      {4, "avg_pool_3x3", MakeOperator("avg_pool", {{"kernel", int64_t{3}}})},
  };
  return choice;
}

void AddCell(Space* space) {
  Cell cell;
  cell.key = "cell";
  cell.nodes = 4;
  cell.outputs = {3};
  for (uint32_t to = 1; to < cell.nodes; ++to) {
    for (uint32_t from = 0; from < to; ++from) {
      cell.edges.push_back({from, to, static_cast<uint32_t>(space->choices.size())});
      space->choices.push_back(EdgeChoice(to, from));
    }
  }
  space->network.cells.push_back(std::move(cell));
}

}  // namespace

base::Result<Space> MakeNasBench201(const v1::PresetOptions& options) {
  Space space;
  // Two residual blocks halve the picture.
  NASSHRINK_RETURN_IF_ERROR(SetInput(options, {32, 10, 4}, &space.network));
  const uint32_t channels = Or(options.channels(), 16);
  const uint32_t cells = Or(options.cells(), 5);
  NASSHRINK_RETURN_IF_ERROR(CheckOption("channels", channels, 1, kMaxChannels / 4));
  NASSHRINK_RETURN_IF_ERROR(CheckOption("cells", cells, 1, kMaxCellsPerStage));
  AddCell(&space);
  AddFixed(&space, "stem", MakeOperator("conv_bn", {{"kernel", int64_t{3}}}), channels);
  for (uint32_t stage = 0; stage < kStages; ++stage) {
    if (stage > 0) {
      AddFixed(&space, fmt::format("reduction {}", stage), MakeOperator("resnet_block"), channels << stage, 2);
    }
    for (uint32_t cell = 0; cell < cells; ++cell) {
      space.network.layers.push_back({fmt::format("stage {} cell {}", stage + 1, cell + 1), LayerCell{0}, 0, 1});
    }
  }
  AddFixed(&space, "last activation", MakeOperator("bn_relu"));
  AddHead(&space, 0, "none");
  return space;
}

}  // namespace nasshrink::space
