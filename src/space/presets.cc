#include "space/presets.h"

#include "space/codec.h"
#include "space/preset_makers.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

constexpr uint8_t kCellOptions = kTakesChannels | kTakesCells;
constexpr uint8_t kDartsOptions = kTakesChannels | kTakesLayers | kTakesStem;
constexpr uint8_t kChainOptions = kTakesWidth | kTakesDepth;
constexpr uint8_t kAutoSpaceOptions = kTakesWidth | kTakesLayers;

struct PresetEntry {
  std::string_view name;
  std::string_view help;
  uint8_t takes;
  PresetMaker* make;
};
constexpr PresetEntry kPresets[] = {
    {"nas-bench-201", "one cell of 6 edges, 5 operators; input sides divisible by 4", kCellOptions, &MakeNasBench201},
    {"darts", "normal and reduction cell, two inputs a node, 7 operators without none", kDartsOptions, &MakeDarts},
    {"darts-edges", "what DARTS and P-DARTS train: normal and reduction cell, 8 operators on each of 28 edges",
     kDartsOptions, &MakeDartsEdges},
    {"darts-shared", "the table of 14 edges and 8 operators that ABS shrinks for both cells, with its ImageNet net",
     kDartsOptions, &MakeDartsShared},
    {"mobilenet-proxyless-gpu", "ProxylessNAS on GPU, what ABS and SE-NAS shrink: 21 layers", kChainOptions,
     &MakeProxylessGpu},
    {"mobilenet-proxyless-mobile", "ProxylessNAS on mobile: 21 layers", kChainOptions, &MakeProxylessMobile},
    {"fairnas", "FairNAS: 19 layers of 6 operators, no identity", kChainOptions, &MakeFairNas},
    {"pad-nas-basic", "PAD-NAS, basic: 22 layers, the first with a kernel of its own", kChainOptions, &MakePadNasBasic},
    {"pad-nas-large", "PAD-NAS, large: 22 layers, expansions 1 to 6", kChainOptions, &MakePadNasLarge},
    {"spos-shufflenet", "SPOS: 20 ShuffleNet blocks of 4 kinds", kChainOptions, &MakeSposShuffleNet},
    {"nas-bench-macro", "NAS-Bench-Macro: 8 layers of 3 operators, CIFAR-10", kChainOptions, &MakeNasBenchMacro},
    {"autospace", "AutoSpace before learning: 93,750 cells a layer, described by a grammar", kAutoSpaceOptions,
     &MakeAutoSpace},
};

}  // namespace

std::vector<PresetInfo> Presets() {
  std::vector<PresetInfo> presets;
  for (const PresetEntry& preset : kPresets) {
    presets.push_back({std::string(preset.name), std::string(preset.help), OptionsOf(preset.takes)});
  }
  return presets;
}

base::Result<Space> Preset(std::string_view name, const v1::PresetOptions& options) {
  std::string names;
  for (const PresetEntry& preset : kPresets) {
    names += names.empty() ? "" : ", ";
    names += preset.name;
    if (preset.name != name) continue;
    NASSHRINK_RETURN_IF_ERROR(CheckTaken(options, preset.takes, name));
    NASSHRINK_ASSIGN_OR_RETURN(Space space, preset.make(options));
    space.name = name;
    Finish(space);
    base::Status status = Validate(space);
    if (!status.ok()) return status;
    return space;
  }
  return base::Status(base::Code::kNotFound, "there is no preset of this name").WithField("name", name, names);
}

}  // namespace nasshrink::space
