#include "space/presets.h"

#include <gtest/gtest.h>

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
  ASSERT_EQ(summary.costs_size(), 2);
  EXPECT_EQ(summary.costs(0).cost(), "macs");
  EXPECT_EQ(summary.costs(0).min(), 7783040);
  EXPECT_EQ(summary.costs(0).max(), 220119680);
  EXPECT_EQ(summary.costs(1).max(), 1531546);
}

}  // namespace
}  // namespace nasshrink::space
