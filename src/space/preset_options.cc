#include "space/preset_options.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "space/validate.h"

namespace nasshrink::space {
namespace {

constexpr double kMinMultiplier = 0.05;
constexpr double kMaxMultiplier = 16;

struct OptionEntry {
  PresetOption option;
  uint8_t bit;  // 0: every preset takes it
  bool (*given)(const v1::PresetOptions& options);
};

using Options = const v1::PresetOptions&;
constexpr OptionEntry kOptions[] = {
    {{"classes", "integer", "classes of the classifier"}, 0, [](Options o) { return o.classes() != 0; }},
    {{"input_channels", "integer", "channels of an image"}, 0, [](Options o) { return o.input_channels() != 0; }},
    {{"input_height", "integer", "height of an image"}, 0, [](Options o) { return o.input_height() != 0; }},
    {{"input_width", "integer", "width of an image"}, 0, [](Options o) { return o.input_width() != 0; }},
    {{"channels", "integer", "channels of the first cells"},
     kTakesChannels,
     [](Options o) { return o.channels() != 0; }},
    {{"cells", "integer", "cells a stage"}, kTakesCells, [](Options o) { return o.cells() != 0; }},
    {{"width_multiplier", "real", "factor on the channels of all layers, rounded to multiples of 8"},
     kTakesWidth,
     [](Options o) { return o.width_multiplier() != 0; }},
    {{"depth_multiplier", "real", "factor on the blocks of every stage, rounded up"},
     kTakesDepth,
     [](Options o) { return o.depth_multiplier() != 0; }},
    {{"layers", "integer", "searchable layers, or cells, in all"},
     kTakesLayers,
     [](Options o) { return o.layers() != 0; }},
    {{"stem", "text", "cifar or imagenet, each with the published sizes of its net"},
     kTakesStem,
     [](Options o) { return !o.stem().empty(); }},
};

bool Takes(uint8_t takes, const OptionEntry& entry) { return entry.bit == 0 || (takes & entry.bit) != 0; }

base::Result<double> Multiplier(std::string_view name, double value) {
  if (value == 0) return 1.0;
  if (value >= kMinMultiplier && value <= kMaxMultiplier) return value;
  return base::Invalid(fmt::format("options.{}", name), value,
                       fmt::format("{}..{}, 0 for the preset's own", kMinMultiplier, kMaxMultiplier),
                       "the multiplier is out of range");
}

base::Status CheckSide(std::string_view name, uint32_t side, uint32_t divisor) {
  NASSHRINK_RETURN_IF_ERROR(CheckOption(name, side, 1, kMaxSide));
  if (side % divisor == 0) return {};
  return base::Invalid(fmt::format("options.{}", name), side, fmt::format("a multiple of {}", divisor),
                       "the network halves the picture evenly");
}

}  // namespace

std::vector<PresetOption> OptionsOf(uint8_t takes) {
  std::vector<PresetOption> options;
  for (const OptionEntry& entry : kOptions) {
    if (Takes(takes, entry)) options.push_back(entry.option);
  }
  return options;
}

base::Status CheckTaken(const v1::PresetOptions& options, uint8_t takes, std::string_view preset) {
  for (const OptionEntry& entry : kOptions) {
    if (Takes(takes, entry) || !entry.given(options)) continue;
    std::string names;
    for (const PresetOption& option : OptionsOf(takes)) {
      names += names.empty() ? "" : ", ";
      names += option.name;
    }
    return base::Invalid(fmt::format("options.{}", entry.option.name), "given", names,
                         fmt::format("preset '{}' does not take this option", preset));
  }
  return {};
}

base::Status CheckOption(std::string_view name, uint32_t value, uint32_t min, uint32_t max) {
  if (value >= min && value <= max) return {};
  return base::Invalid(fmt::format("options.{}", name), value, fmt::format("{}..{}, 0 for the preset's own", min, max),
                       "the option is out of range");
}

base::Status SetInput(const v1::PresetOptions& options, const InputForm& form, Network* network) {
  network->input_channels = Or(options.input_channels(), 3);
  network->input_height = Or(options.input_height(), form.side);
  network->input_width = Or(options.input_width(), form.side);
  network->classes = Or(options.classes(), form.classes);
  NASSHRINK_RETURN_IF_ERROR(CheckOption("classes", network->classes, 1, kMaxClasses));
  NASSHRINK_RETURN_IF_ERROR(CheckOption("input_channels", network->input_channels, 1, kMaxChannels));
  NASSHRINK_RETURN_IF_ERROR(CheckSide("input_height", network->input_height, form.divisor));
  return CheckSide("input_width", network->input_width, form.divisor);
}

base::Result<Scaling> Scaling::Make(const v1::PresetOptions& options) {
  Scaling scaling;
  NASSHRINK_ASSIGN_OR_RETURN(scaling.width_, Multiplier("width_multiplier", options.width_multiplier()));
  NASSHRINK_ASSIGN_OR_RETURN(scaling.depth_, Multiplier("depth_multiplier", options.depth_multiplier()));
  return scaling;
}

uint32_t Scaling::Channels(uint32_t channels) const {
  if (width_ == 1) return channels;
  const double scaled = channels * width_;
  const uint32_t rounded = std::max(8U, static_cast<uint32_t>(scaled + 4) / 8 * 8);
  return rounded < 0.9 * scaled ? rounded + 8 : rounded;
}

uint32_t Scaling::HeadChannels(uint32_t channels) const { return width_ > 1 ? Channels(channels) : channels; }

uint32_t Scaling::Blocks(uint32_t blocks) const { return static_cast<uint32_t>(std::ceil(blocks * depth_)); }

}  // namespace nasshrink::space
