#include "space/published_networks.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "space/codec.h"
#include "space/preset_options.h"
#include "space/preset_parts.h"
#include "space/published_spaces.h"
#include "space/validate.h"

namespace nasshrink::tests {
namespace {

using space::AddChoiceLayer;
using space::AddFixed;
using space::AddHead;
using space::ConvNorm;
using space::MakeOperator;
using space::MobileCandidate;
using space::Scaling;
using space::Space;
using space::Stage;

Space Finished(Space space) {
  space::Finish(space);
  const base::Status status = space::Validate(space);
  EXPECT_TRUE(status.ok()) << status.message();
  return space;
}

// Sandler et al., MobileNetV2 (CVPR 2018), Table 2; a chain whose only open question is the last block's kernel.
Space MobileNetV2(double width, uint32_t side) {
  v1::PresetOptions options;
  options.set_width_multiplier(width);
  Space space;
  space.name = "mobilenet-v2";
  space.network.input_channels = 3;
  space.network.input_height = space.network.input_width = side;
  space.network.classes = 1000;
  const Scaling scaling = *Scaling::Make(options);
  AddFixed(&space, "stem", ConvNorm(3, "relu6"), scaling.Channels(32), 2);
  const auto block = [](int64_t expansion) {
    return MakeOperator("mb_block", {{"expansion", expansion}, {"kernel", int64_t{3}}});
  };
  AddFixed(&space, "first", block(1), scaling.Channels(16));
  for (const Stage& stage : std::vector<Stage>{{24, 2, 2}, {32, 3, 2}, {64, 4, 2}, {96, 3, 1}, {160, 3, 2}}) {
    for (uint32_t i = 0; i < stage.blocks; ++i) {
      AddFixed(&space, "block", block(6), scaling.Channels(stage.channels), i == 0 ? stage.stride : 1);
    }
  }
  AddChoiceLayer(&space, scaling.Channels(320), 1)->candidates = {MobileCandidate(0, 3, 6), MobileCandidate(1, 5, 6)};
  AddHead(&space, scaling.HeadChannels(1280), "relu6");
  return Finished(std::move(space));
}

using Genotype = std::vector<std::pair<const char*, uint32_t>>;

// Codes of the 14 edges of a cell: two inputs a node, in the genotype's order.
std::string EdgeCodes(const Genotype& genotype) {
  const std::vector<std::string> names = {"none",         "max_pool_3x3", "avg_pool_3x3", "skip_connect",
                                          "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"};
  std::vector<size_t> codes(14, 0);
  for (size_t i = 0; i < genotype.size(); ++i) {
    const size_t node = 2 + i / 2;
    const size_t first_edge = node * (node - 1) / 2 - 1;
    const auto code = std::find(names.begin(), names.end(), genotype[i].first) - names.begin();
    codes[first_edge + genotype[i].second] = static_cast<size_t>(code);
  }
  return fmt::format("{}", fmt::join(codes, " "));
}

// Genotypes of DARTS/training/genotypes.py in megvii-model/AngleNAS.
std::string DartsV2() {
  return EdgeCodes({{"sep_conv_3x3", 0},
                    {"sep_conv_3x3", 1},
                    {"sep_conv_3x3", 0},
                    {"sep_conv_3x3", 1},
                    {"sep_conv_3x3", 1},
                    {"skip_connect", 0},
                    {"skip_connect", 0},
                    {"dil_conv_3x3", 2}}) +
         " " +
         EdgeCodes({{"max_pool_3x3", 0},
                    {"max_pool_3x3", 1},
                    {"skip_connect", 2},
                    {"max_pool_3x3", 1},
                    {"max_pool_3x3", 0},
                    {"skip_connect", 2},
                    {"skip_connect", 2},
                    {"max_pool_3x3", 1}});
}

std::string DartsOfAbsAuthors() {
  return EdgeCodes({{"skip_connect", 0},
                    {"sep_conv_3x3", 1},
                    {"skip_connect", 0},
                    {"dil_conv_3x3", 1},
                    {"sep_conv_3x3", 0},
                    {"dil_conv_3x3", 1},
                    {"skip_connect", 0},
                    {"dil_conv_3x3", 1}}) +
         " " +
         EdgeCodes({{"max_pool_3x3", 0},
                    {"skip_connect", 1},
                    {"avg_pool_3x3", 0},
                    {"sep_conv_5x5", 2},
                    {"skip_connect", 2},
                    {"avg_pool_3x3", 0},
                    {"skip_connect", 2},
                    {"avg_pool_3x3", 0}});
}

std::string DartsAfterAbs() {
  return EdgeCodes({{"sep_conv_3x3", 1},
                    {"dil_conv_3x3", 0},
                    {"sep_conv_5x5", 1},
                    {"sep_conv_3x3", 2},
                    {"dil_conv_3x3", 2},
                    {"sep_conv_5x5", 1},
                    {"dil_conv_3x3", 4},
                    {"dil_conv_5x5", 2}}) +
         " " +
         EdgeCodes({{"dil_conv_3x3", 0},
                    {"sep_conv_3x3", 1},
                    {"sep_conv_5x5", 0},
                    {"sep_conv_3x3", 2},
                    {"dil_conv_3x3", 0},
                    {"dil_conv_5x5", 3},
                    {"dil_conv_3x3", 0},
                    {"dil_conv_3x3", 2}});
}

Space ImageNetPreset(const char* name, uint32_t side) {
  v1::PresetOptions options;
  options.set_input_height(side);
  options.set_input_width(side);
  return PresetSpace(name, options);
}

}  // namespace

space::Space DartsEdges(uint32_t channels, uint32_t side) {
  v1::PresetOptions options;
  options.set_channels(channels);
  options.set_input_height(side);
  options.set_input_width(side);
  v1::SearchSpace message = PresetMessage("darts-shared", options);
  message.set_name("darts-edges");
  v1::Cell* reduction = message.mutable_network()->mutable_cells(1);
  for (int edge = 0; edge < reduction->edges_size(); ++edge) {
    v1::Choice* choice = message.add_choices();
    *choice = message.choices(edge);
    choice->set_key("reduction " + choice->key());
    reduction->mutable_edges(edge)->set_choice(static_cast<uint32_t>(message.choices_size() - 1));
  }
  auto space = space::SpaceFromMessage(message);
  EXPECT_TRUE(space.ok()) << space.status().message();
  return *std::move(space);
}

// Operator lists from xiaomi-automl/FairNAS models/, han-cai/files proxylessnas/, megvii-model/AngleNAS and the README
// of megvii-model/SinglePathOneShot.
std::vector<PublishedNetwork> PublishedNetworks(uint32_t side) {
  const Space fairnas = ImageNetPreset("fairnas", side);
  const Space mobile = ImageNetPreset("mobilenet-proxyless-mobile", side);
  const Space gpu = ImageNetPreset("mobilenet-proxyless-gpu", side);
  const Space shuffle = ImageNetPreset("spos-shufflenet", side);
  const Space darts = DartsEdges(48, side);
  return {
      {"MobileNetV2 1.0", MobileNetV2(1, side), "0", 300774272, 3504872},
      {"MobileNetV2 1.4", MobileNetV2(1.4, side), "0", 582195824, 6108776},
      {"FairNAS-A", fairnas, "4 0 4 1 5 0 0 5 5 2 1 2 2 1 1 5 1 5 3", 388122848, 4651352},
      {"FairNAS-B", fairnas, "2 0 2 0 1 2 4 0 1 2 0 1 4 0 5 3 5 1 3", 345297632, 4506272},
      {"FairNAS after ABS", fairnas, "4 2 4 2 2 2 5 2 4 4 2 2 2 4 5 4 2 2 5", 310944320, 3774992},
      {"ProxylessNAS mobile", mobile, "2 0 -1 -1 4 0 2 2 5 2 2 2 3 2 2 2 5 5 4 4 5", 320427584, 4080512},
      {"ProxylessNAS GPU", gpu, "2 -1 -1 -1 4 -1 -1 0 5 -1 -1 2 3 -1 0 2 5 5 5 3 5", 465260160, 7119848},
      {"SPOS after ABS", gpu, "2 2 -1 0 0 -1 -1 0 5 -1 4 4 0 0 4 2 3 4 4 4 3", 470792064, 5936776},
      {"ProxylessNAS after ABS", gpu, "2 2 -1 -1 0 2 2 -1 5 -1 4 4 0 0 4 2 3 4 4 4 3", 468966912, 5955808},
      {"SPOS", shuffle, "2 1 0 1 2 0 2 0 2 0 2 3 0 0 0 0 3 2 3 3", 322918720, 3558464},
      {"DARTS V2", darts, DartsV2(), 529911552, 4718752},
      {"DARTS by ABS's authors", darts, DartsOfAbsAuthors(), 445973376, 4039840},
      {"DARTS after ABS, C=48", darts, DartsAfterAbs(), 618920640, 5590144},
      {"DARTS after ABS, C=45", DartsEdges(45, side), DartsAfterAbs(), 546834996, 4978098},
  };
}

}  // namespace nasshrink::tests
