#include "space/presets.h"

#include <array>
#include <utility>

#include "space/codec.h"
#include "space/operators.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

constexpr std::string_view kNasBench201 = "nas-bench-201";
constexpr uint32_t kStages = 3;
constexpr uint32_t kMaxCellsPerStage = 1000;

uint32_t Or(uint32_t value, uint32_t otherwise) { return value == 0 ? otherwise : value; }

base::Status CheckOption(const char* name, uint32_t value, uint32_t max) {
  if (value >= 1 && value <= max) return {};
  return base::Invalid(fmt::format("options.{}", name), value, fmt::format("1..{}, 0 for the preset's own", max),
                       "the option is out of range");
}

// Two residual blocks halve the picture.
base::Status CheckSide(const char* name, uint32_t side) {
  NASSHRINK_RETURN_IF_ERROR(CheckOption(name, side, kMaxSide));
  if (side % 4 == 0) return {};
  return base::Invalid(fmt::format("options.{}", name), side, "a multiple of 4",
                       "two residual blocks halve the picture");
}

// Dong and Yang, NAS-Bench-201 (ICLR 2020), operator codes in the order of its published code.
Choice NasBench201Choice(uint32_t to, uint32_t from) {
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

Layer Fixed(std::string key, OperatorDef op, uint32_t out_channels = 0, uint32_t stride = 1) {
  return {std::move(key), std::move(op), out_channels, stride};
}

void AddNasBench201Cell(Space* space) {
  Cell cell;
  cell.key = "cell";
  cell.nodes = 4;
  cell.outputs = {3};
  for (uint32_t to = 1; to < cell.nodes; ++to) {
    for (uint32_t from = 0; from < to; ++from) {
      cell.edges.push_back({from, to, static_cast<uint32_t>(space->choices.size())});
      space->choices.push_back(NasBench201Choice(to, from));
    }
  }
  space->network.cells.push_back(std::move(cell));
}

base::Result<Space> MakeNasBench201(const v1::PresetOptions& options) {
  Space space;
  space.name = kNasBench201;
  Network& network = space.network;
  network.input_channels = Or(options.input_channels(), 3);
  network.input_height = Or(options.input_height(), 32);
  network.input_width = Or(options.input_width(), 32);
  network.classes = Or(options.classes(), 10);
  const uint32_t channels = Or(options.channels(), 16);
  const uint32_t cells = Or(options.cells(), 5);
  NASSHRINK_RETURN_IF_ERROR(CheckOption("classes", network.classes, kMaxClasses));
  NASSHRINK_RETURN_IF_ERROR(CheckOption("input_channels", network.input_channels, kMaxChannels));
  NASSHRINK_RETURN_IF_ERROR(CheckSide("input_height", network.input_height));
  NASSHRINK_RETURN_IF_ERROR(CheckSide("input_width", network.input_width));
  NASSHRINK_RETURN_IF_ERROR(CheckOption("channels", channels, kMaxChannels / 4));
  NASSHRINK_RETURN_IF_ERROR(CheckOption("cells", cells, kMaxCellsPerStage));
  AddNasBench201Cell(&space);
  network.layers.push_back(Fixed("stem", MakeOperator("conv_bn", {{"kernel", int64_t{3}}}), channels));
  for (uint32_t stage = 0; stage < kStages; ++stage) {
    if (stage > 0) {
      network.layers.push_back(
          Fixed(fmt::format("reduction {}", stage), MakeOperator("resnet_block"), channels << stage, 2));
    }
    for (uint32_t cell = 0; cell < cells; ++cell) {
      network.layers.push_back({fmt::format("stage {} cell {}", stage + 1, cell + 1), LayerCell{0}, 0, 1});
    }
  }
  network.layers.push_back(Fixed("last activation", MakeOperator("bn_relu")));
  network.layers.push_back(Fixed("pool", MakeOperator("global_avg_pool")));
  network.layers.push_back(Fixed("classifier", MakeOperator("linear")));
  return space;
}

struct PresetEntry {
  std::string_view name;
  std::string_view help;
  base::Result<Space> (*make)(const v1::PresetOptions& options);
};
constexpr std::array<PresetEntry, 1> kPresets = {{
    {kNasBench201, "NAS-Bench-201 cell space: 6 edges, 5 operators, 15,625 children; input sides divisible by 4",
     &MakeNasBench201},
}};

}  // namespace

std::vector<PresetInfo> Presets() {
  std::vector<PresetInfo> presets;
  for (const PresetEntry& preset : kPresets) presets.push_back({std::string(preset.name), std::string(preset.help)});
  return presets;
}

base::Result<Space> Preset(std::string_view name, const v1::PresetOptions& options) {
  std::string names;
  for (const PresetEntry& preset : kPresets) {
    names += names.empty() ? "" : ", ";
    names += preset.name;
    if (preset.name != name) continue;
    NASSHRINK_ASSIGN_OR_RETURN(Space space, preset.make(options));
    Finish(space);
    base::Status status = Validate(space);
    if (!status.ok()) return status;
    return space;
  }
  return base::Status(base::Code::kNotFound, "there is no preset of this name").WithField("name", name, names);
}

}  // namespace nasshrink::space
