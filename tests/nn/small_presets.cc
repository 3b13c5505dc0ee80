#include "nn/small_presets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "space/codec.h"
#include "space/operators.h"
#include "space/preset_parts.h"
#include "space/published_spaces.h"
#include "space/validate.h"

namespace nasshrink::nn {
namespace {

constexpr uint32_t kClasses = 4;

v1::PresetOptions Options(uint32_t side) {
  v1::PresetOptions options;
  options.set_input_height(side);
  options.set_input_width(side);
  options.set_classes(kClasses);
  return options;
}

SmallPreset Cells(const char* preset) {
  v1::PresetOptions options = Options(8);
  options.set_channels(4);
  options.set_cells(1);
  return {"nas_bench_201", tests::PresetSpace(preset, options)};
}

SmallPreset Darts(const char* name, const char* preset, const char* stem, uint32_t side) {
  v1::PresetOptions options = Options(side);
  options.set_channels(4);
  options.set_layers(5);
  options.set_stem(stem);
  return {name, tests::PresetSpace(preset, options)};
}

SmallPreset Chain(const char* name, const char* preset, double width) {
  v1::PresetOptions options = Options(32);
  options.set_width_multiplier(width);
  options.set_depth_multiplier(0.5);
  return {name, tests::PresetSpace(preset, options)};
}

SmallPreset AutoSpace() {
  constexpr uint32_t kLayers = 6;
  constexpr uint32_t kThinner = 8;
  v1::SearchSpace message = tests::AutoSpaceLearned(kLayers);
  v1::Network* network = message.mutable_network();
  network->set_input_height(32);
  network->set_input_width(32);
  network->set_classes(kClasses);
  for (v1::Layer& layer : *network->mutable_layers()) layer.set_out_channels(layer.out_channels() / kThinner);
  auto space = space::SpaceFromMessage(message);
  EXPECT_TRUE(space.ok()) << space.status().message();
  return {"autospace_learned", *std::move(space)};
}

SmallPreset MobileNetV3() {
  space::Space space;
  space.name = "mobilenet-v3";
  space.network.input_channels = 3;
  space.network.input_height = space.network.input_width = 16;
  space.network.classes = kClasses;
  space::AddFixed(&space, "stem", space::ConvNorm(3, "h_swish"), 8, 2);
  const std::pair<uint32_t, const char*> stages[] = {{8, "relu"}, {12, "h_swish"}, {16, "swish"}};
  for (const auto& [channels, activation] : stages) {
    for (uint32_t i = 0; i < 2; ++i) {
      space::Choice* choice = space::AddChoiceLayer(&space, channels, i == 0 ? 2 : 1);
      for (const int64_t kernel : {3, 5}) {
        choice->candidates.push_back({static_cast<int32_t>(kernel), "",
                                      space::MakeOperator("mb_block", {{"activation", std::string(activation)},
                                                                       {"expansion", int64_t{3}},
                                                                       {"kernel", kernel},
                                                                       {"squeeze_excite", int64_t{4}}})});
      }
      if (i > 0) choice->candidates.push_back({-1, "identity", space::MakeOperator("identity")});
    }
  }
  space::AddFixed(&space, "pool", space::MakeOperator("global_avg_pool"));
  space::OperatorDef mix = space::MakeOperator("graph");
  mix.graph = {{"conv", {0}, {{"channels", int64_t{24}}, {"kernel", int64_t{1}}}}, {"h_swish", {1}, {}}};
  space::AddFixed(&space, "mix", std::move(mix), 24);
  space::AddFixed(&space, "classifier", space::MakeOperator("linear"));
  space::Finish(space);
  const base::Status status = space::Validate(space);
  EXPECT_TRUE(status.ok()) << status.message();
  return {"mobilenet_v3", std::move(space)};
}

}  // namespace

void PrintTo(const SmallPreset& preset, std::ostream* out) { *out << preset.name; }

std::vector<SmallPreset> SmallPresets() {
  return {Cells("nas-bench-201"),
          Darts("darts", "darts", "cifar", 8),
          Darts("darts_imagenet", "darts", "imagenet", 32),
          Darts("darts_edges", "darts-edges", "cifar", 8),
          Darts("darts_shared", "darts-shared", "imagenet", 32),
          Chain("proxyless_gpu", "mobilenet-proxyless-gpu", 0.25),
          Chain("proxyless_mobile", "mobilenet-proxyless-mobile", 0.25),
          Chain("fairnas", "fairnas", 0.25),
          Chain("pad_nas_basic", "pad-nas-basic", 0.25),
          Chain("pad_nas_large", "pad-nas-large", 0.25),
          Chain("spos_shufflenet", "spos-shufflenet", 0.25),
          Chain("nas_bench_macro", "nas-bench-macro", 0.25),
          AutoSpace(),
          MobileNetV3()};
}

space::Space SmallPresetNamed(const std::string& name) {
  std::vector<SmallPreset> presets = SmallPresets();
  const auto found =
      std::find_if(presets.begin(), presets.end(), [&](const SmallPreset& preset) { return preset.name == name; });
  EXPECT_NE(found, presets.end()) << name;
  return std::move(found->space);
}

}  // namespace nasshrink::nn
