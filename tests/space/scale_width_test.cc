#include "space/scale_width.h"

#include <gtest/gtest.h>

#include "space/cost.h"
#include "space/presets.h"

namespace nasshrink::space {
namespace {

Space NasBench201(uint32_t channels) {
  v1::PresetOptions options;
  options.set_channels(channels);
  return *Preset("nas-bench-201", options);
}

TEST(ScaleWidth, GivesThePresetOfThatWidth) {
  const Space scaled = *ScaleWidth(NasBench201(16), 3, 2);
  const Space made = NasBench201(24);
  EXPECT_EQ(scaled.full_fingerprint, made.full_fingerprint);
}

TEST(ScaleWidth, TheWidestWithinTheBudgetIsFound) {
  const Space space = NasBench201(16);
  const Architecture child = {3, 3, 2, 1, 3, 2};
  for (const uint32_t width : {5U, 16U, 21U}) {
    const uint64_t macs = CostModel::Make(NasBench201(width))->Macs(child);
    EXPECT_EQ(ScaleToMacs(space, child, macs)->full_fingerprint, NasBench201(width).full_fingerprint);
    EXPECT_EQ(ScaleToMacs(space, child, macs - 1)->full_fingerprint, NasBench201(width - 1).full_fingerprint);
  }
  EXPECT_EQ(ScaleToMacs(space, child, 1).status().code(), base::Code::kInvalidArgument);
}

// ABS Table 5: its DARTS child at 48 channels has 619 M multiply-adds and is narrowed to 45 for the mobile setting.
TEST(ScaleWidth, NarrowsDartsChildrenByWholeChannels) {
  v1::PresetOptions options;
  options.set_stem("imagenet");
  const Space space = *Preset("darts", options);
  const Space narrow = *ScaleWidth(space, 45, 48);
  for (size_t i = 0; i < space.network.layers.size(); ++i) {
    if (!std::holds_alternative<LayerCell>(space.network.layers[i].body)) continue;
    EXPECT_EQ(narrow.network.layers[i].out_channels * 48, space.network.layers[i].out_channels * 45);
  }
}

}  // namespace
}  // namespace nasshrink::space
