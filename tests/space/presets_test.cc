#include "space/presets.h"

#include <gtest/gtest.h>

#include <vector>

#include "space/cost.h"
#include "space/count.h"
#include "space/summary.h"

namespace nasshrink::space {
namespace {

TEST(NasBench201, HasThePublishedForm) {
  const auto space = Preset("nas-bench-201", {});
  ASSERT_TRUE(space.ok());
  EXPECT_EQ(Children(*space), 15625);
  EXPECT_EQ(space->OperatorCount(), 30U);
  const char* keys[] = {"1<-0", "2<-0", "2<-1", "3<-0", "3<-1", "3<-2"};
  const char* labels[] = {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"};
  ASSERT_EQ(space->choices.size(), 6U);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(space->choices[i].key, keys[i]);
    for (int32_t c = 0; c < 5; ++c) {
      EXPECT_EQ(space->choices[i].candidates[static_cast<size_t>(c)].code, c);
      EXPECT_EQ(space->choices[i].candidates[static_cast<size_t>(c)].label, labels[c]);
    }
  }
  EXPECT_EQ(space->network.layers.size(), 1 + 17 + 3U);
}

TEST(NasBench201, TakesItsOptions) {
  v1::PresetOptions options;
  options.set_classes(100);
  options.set_input_channels(1);
  options.set_input_height(28);
  options.set_input_width(24);
  options.set_channels(8);
  options.set_cells(1);
  const auto space = Preset("nas-bench-201", options);
  ASSERT_TRUE(space.ok()) << space.status().message();
  EXPECT_EQ(space->network.classes, 100U);
  EXPECT_EQ(space->network.input_channels, 1U);
  EXPECT_EQ(space->network.input_height, 28U);
  EXPECT_EQ(space->network.input_width, 24U);
  EXPECT_EQ(space->network.layers.size(), 1 + 5 + 3U);
  EXPECT_EQ(space->network.layers[0].out_channels, 8U);
  EXPECT_NE(space->root_fingerprint, Preset("nas-bench-201", {})->root_fingerprint);
}

TEST(NasBench201, NamesTheOptionThatDoesNotFit) {
  const auto field_of = [](auto set) {
    v1::PresetOptions options;
    set(options);
    const auto space = Preset("nas-bench-201", options);
    EXPECT_EQ(space.status().code(), base::Code::kInvalidArgument);
    return space.status().details().field;
  };
  EXPECT_EQ(field_of([](auto& o) { o.set_input_height(30); }), "options.input_height");
  EXPECT_EQ(field_of([](auto& o) { o.set_input_width(27); }), "options.input_width");
  EXPECT_EQ(field_of([](auto& o) { o.set_channels(65536); }), "options.channels");
  EXPECT_EQ(field_of([](auto& o) { o.set_cells(5000); }), "options.cells");
  EXPECT_EQ(field_of([](auto& o) { o.set_classes(4294967295U); }), "options.classes");
  EXPECT_EQ(field_of([](auto& o) { o.set_input_channels(70000); }), "options.input_channels");
}

std::vector<uint32_t> Channels(const Space& space) {
  std::vector<uint32_t> channels;
  for (const Layer& layer : space.network.layers) channels.push_back(layer.out_channels);
  return channels;
}

Space Made(const char* name, const v1::PresetOptions& options = {}) {
  auto space = Preset(name, options);
  EXPECT_TRUE(space.ok()) << name << ": " << space.status().message();
  return *std::move(space);
}

// Choices whose candidates hold the code -1.
std::vector<size_t> LayersWithIdentity(const Space& space) {
  std::vector<size_t> layers;
  for (size_t i = 0; i < space.choices.size(); ++i) {
    for (const Candidate& candidate : space.choices[i].candidates) {
      if (candidate.code == -1) layers.push_back(i);
    }
  }
  return layers;
}

TEST(Mobile, HasNoIdentityInTheFirstBlockOfAStage) {
  // ABS's published code lists the firsts as 0, 4, 8, 12, 16, 20; PAD-NAS has one more layer before them.
  const std::vector<size_t> proxyless = {1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19};
  std::vector<size_t> pad = proxyless;
  for (size_t& layer : pad) ++layer;
  EXPECT_EQ(LayersWithIdentity(Made("mobilenet-proxyless-gpu")), proxyless);
  EXPECT_EQ(LayersWithIdentity(Made("mobilenet-proxyless-mobile")), proxyless);
  EXPECT_EQ(LayersWithIdentity(Made("pad-nas-basic")), pad);
  EXPECT_EQ(LayersWithIdentity(Made("pad-nas-large")), pad);
  EXPECT_TRUE(LayersWithIdentity(Made("fairnas")).empty());
}

TEST(Mobile, IdentityIsTheLastCandidate) {
  const Space space = Made("mobilenet-proxyless-gpu");
  ASSERT_EQ(space.choices[1].candidates.size(), 7U);
  const char* labels[] = {"k3e3", "k3e6", "k5e3", "k5e6", "k7e3", "k7e6", "identity"};
  for (size_t c = 0; c < 7; ++c) EXPECT_EQ(space.choices[1].candidates[c].label, labels[c]);
  EXPECT_EQ(space.choices[1].candidates[6].code, -1);
  EXPECT_EQ(space.choices[0].candidates.back().code, 5);
}

// The widths of MobileNetV2 1.4's published code for these channels; its head grows with the width and never shrinks.
TEST(Chains, ScaleInWidth) {
  v1::PresetOptions options;
  options.set_width_multiplier(1.4);
  const std::vector<uint32_t> wide = Channels(Made("mobilenet-proxyless-mobile", options));
  const std::vector<uint32_t> stages = {48, 56, 112, 136, 272, 448};
  EXPECT_EQ(wide[0], 48U);
  EXPECT_EQ(wide[1], 24U);
  for (size_t stage = 0; stage < stages.size(); ++stage) EXPECT_EQ(wide[2 + 4 * stage], stages[stage]);
  EXPECT_EQ(wide[2 + 21], 1792U);
  options.set_width_multiplier(0.5);
  const std::vector<uint32_t> thin = Channels(Made("mobilenet-proxyless-mobile", options));
  EXPECT_EQ(thin[0], 16U);
  EXPECT_EQ(thin[2 + 4], 24U);  // 20 would round to 16, which is below 90 %
  EXPECT_EQ(thin[2 + 21], 1280U);
}

TEST(Chains, ScaleInDepth) {
  v1::PresetOptions options;
  options.set_depth_multiplier(0.25);
  const Space shallow = Made("mobilenet-proxyless-gpu", options);
  EXPECT_EQ(shallow.choices.size(), 6U);
  EXPECT_TRUE(LayersWithIdentity(shallow).empty());
  options.set_depth_multiplier(1.5);
  EXPECT_EQ(Made("spos-shufflenet", options).choices.size(), 30U);
  EXPECT_EQ(Made("nas-bench-macro", options).choices.size(), 3U + 5U + 5U);
}

TEST(Darts, HasTheNetOfItsStem) {
  const Space search = Made("darts");
  EXPECT_EQ(Channels(search), (std::vector<uint32_t>{48, 64, 64, 128, 128, 128, 256, 256, 256, 0, 0}));
  const Space imagenet = Made("darts-shared");
  EXPECT_EQ(imagenet.network.input_height, 224U);
  EXPECT_EQ(imagenet.network.classes, 1000U);
  EXPECT_EQ(Channels(imagenet), (std::vector<uint32_t>{24, 48, 48, 192, 192, 192, 192, 384, 384, 384, 384, 384, 768,
                                                       768, 768, 768, 768, 0, 0}));
  std::vector<size_t> reductions;
  for (size_t i = 0; i < imagenet.network.layers.size(); ++i) {
    if (std::holds_alternative<LayerCell>(imagenet.network.layers[i].body) && imagenet.network.layers[i].stride == 2) {
      reductions.push_back(i - 3);
    }
  }
  EXPECT_EQ(reductions, (std::vector<size_t>{4, 9}));
  v1::PresetOptions options;
  options.set_stem("cifar");
  options.set_channels(36);
  options.set_layers(20);
  const Space retrained = Made("darts-shared", options);
  EXPECT_EQ(retrained.network.input_height, 32U);
  EXPECT_EQ(retrained.network.layers.size(), 1U + 20U + 2U);
  EXPECT_EQ(retrained.network.layers[0].out_channels, 108U);
  EXPECT_EQ(retrained.choices.size(), 14U);
}

// DARTS's and P-DARTS's supernet: the edges of the child space, with none and without the choice of a node's edges.
TEST(Darts, EdgesOfBothCellsHaveEightOperators) {
  const Space space = Made("darts-edges");
  const Space children = Made("darts");
  EXPECT_EQ(ChildrenText(space), "19342813113834066795298816") << "8^28";
  EXPECT_EQ(Channels(space), Channels(children));
  ASSERT_EQ(space.network.cells.size(), 2U);
  for (const Cell& cell : space.network.cells) {
    EXPECT_TRUE(cell.node_inputs.empty());
    for (const CellEdge& edge : cell.edges) {
      const auto& candidates = space.choices[edge.choice].candidates;
      ASSERT_EQ(candidates.size(), 8U);
      EXPECT_EQ(candidates[0].label, "none");
    }
  }
}

TEST(Darts, BothCellsShareTheTableOfAbs) {
  const Space space = Made("darts-shared");
  ASSERT_EQ(space.network.cells.size(), 2U);
  for (size_t e = 0; e < 14; ++e) {
    EXPECT_EQ(space.network.cells[0].edges[e].choice, e);
    EXPECT_EQ(space.network.cells[1].edges[e].choice, e);
  }
}

TEST(AutoSpace, SpreadsItsLayersOverTheStages) {
  v1::PresetOptions options;
  options.set_layers(13);
  const Space space = Made("autospace", options);
  EXPECT_EQ(ChildrenText(space), BigInt(boost::multiprecision::pow(BigInt(93750), 13)).str());
  EXPECT_EQ(Channels(space), (std::vector<uint32_t>{32, 32, 32, 32, 40, 40, 40, 80, 80, 96, 96, 192, 192, 320, 0, 0}));
}

TEST(Options, AreRefusedWhereTheyDoNotApply) {
  using Set = void (*)(v1::PresetOptions&);
  const struct {
    const char* preset;
    const char* option;
    Set set;
  } cases[] = {
      {"fairnas", "options.cells", [](v1::PresetOptions& o) { o.set_cells(3); }},
      {"fairnas", "options.stem", [](v1::PresetOptions& o) { o.set_stem("cifar"); }},
      {"nas-bench-201", "options.width_multiplier", [](v1::PresetOptions& o) { o.set_width_multiplier(2); }},
      {"nas-bench-201", "options.layers", [](v1::PresetOptions& o) { o.set_layers(2); }},
      {"darts", "options.depth_multiplier", [](v1::PresetOptions& o) { o.set_depth_multiplier(0.0 / 0.0); }},
      {"autospace", "options.channels", [](v1::PresetOptions& o) { o.set_channels(8); }},
      // Taken, but with a value out of range.
      {"fairnas", "options.width_multiplier", [](v1::PresetOptions& o) { o.set_width_multiplier(0.0 / 0.0); }},
      {"fairnas", "options.depth_multiplier", [](v1::PresetOptions& o) { o.set_depth_multiplier(-1); }},
      {"darts", "options.stem", [](v1::PresetOptions& o) { o.set_stem("mnist"); }},
      {"darts", "options.layers", [](v1::PresetOptions& o) { o.set_layers(2); }},
      {"darts", "options.input_width", [](v1::PresetOptions& o) { o.set_input_width(30); }},
      {"darts-shared", "options.input_height", [](v1::PresetOptions& o) { o.set_input_height(192 + 16); }},
      {"autospace", "options.layers", [](v1::PresetOptions& o) { o.set_layers(4001); }},
  };
  for (const auto& one : cases) {
    v1::PresetOptions options;
    one.set(options);
    const auto space = Preset(one.preset, options);
    EXPECT_EQ(space.status().code(), base::Code::kInvalidArgument) << one.preset << ' ' << one.option;
    EXPECT_EQ(space.status().details().field, one.option) << one.preset;
  }
}

TEST(Options, OfEveryPresetAreTaken) {
  for (const PresetInfo& preset : Presets()) {
    v1::PresetOptions options;
    options.set_classes(7);
    options.set_input_channels(1);
    options.set_input_height(64);
    options.set_input_width(96);
    const Space space = Made(preset.name.c_str(), options);
    EXPECT_EQ(space.network.classes, 7U) << preset.name;
    EXPECT_EQ(space.network.input_channels, 1U) << preset.name;
    EXPECT_EQ(space.network.input_height, 64U) << preset.name;
    EXPECT_EQ(space.network.input_width, 96U) << preset.name;
    EXPECT_GE(preset.options.size(), 6U) << preset.name;
  }
}

TEST(Preset, ListsNamesWhenThereIsNone) {
  const auto space = Preset("nas-bench-202", {});
  EXPECT_EQ(space.status().code(), base::Code::kNotFound);
  for (const PresetInfo& preset : Presets()) {
    EXPECT_NE(space.status().message().find(preset.name), std::string::npos);
    EXPECT_TRUE(Preset(preset.name, {}).ok());
    EXPECT_FALSE(preset.help.empty());
  }
}

TEST(Summary, HoldsSizesIdentityAndCosts) {
  const auto space = Preset("nas-bench-201", {});
  const v1::SpaceSummary summary = Summarise(*space);
  EXPECT_EQ(summary.children(), "15625");
  EXPECT_EQ(summary.operators(), 30U);
  EXPECT_EQ(summary.root_fingerprint(), space->root_fingerprint);
  EXPECT_EQ(summary.edits().root_fingerprint(), space->root_fingerprint);
  EXPECT_EQ(summary.edits().drop_size(), 0);
  ASSERT_EQ(summary.costs_size(), 2);
  EXPECT_EQ(summary.costs(0).cost(), "macs");
  EXPECT_EQ(summary.costs(0).min(), 7783040);
  EXPECT_EQ(summary.costs(0).max(), 220119680);
  EXPECT_EQ(summary.costs(1).max(), 1531546);
}

}  // namespace
}  // namespace nasshrink::space
