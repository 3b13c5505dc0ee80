#include "space/repeat_cells.h"

#include <gtest/gtest.h>

#include "space/presets.h"

namespace nasshrink::space {
namespace {

TEST(RepeatCells, GivesThePresetsOfThatDepth) {
  for (const uint32_t cells : {1U, 2U, 5U}) {
    v1::PresetOptions options;
    options.set_cells(cells);
    EXPECT_EQ(RepeatCells(*Preset("nas-bench-201", {}), cells)->full_fingerprint,
              Preset("nas-bench-201", options)->full_fingerprint);
  }
  // P-DARTS: 5, 11 and 17 cells.
  v1::PresetOptions shallow;
  shallow.set_layers(5);
  for (const auto& [times, layers] : {std::pair(1U, 5U), {3U, 11U}, {5U, 17U}}) {
    v1::PresetOptions options;
    options.set_layers(layers);
    EXPECT_EQ(RepeatCells(*Preset("darts", shallow), times)->full_fingerprint,
              Preset("darts", options)->full_fingerprint);
  }
}

TEST(RepeatCells, KeepsWhatIsAlive) {
  Space space = *Preset("nas-bench-201", {});
  space.choices[2].alive = {1, 3};
  EXPECT_EQ(RepeatCells(space, 2)->choices[2].alive, space.choices[2].alive);
}

TEST(RepeatCells, RefusesWhatHasNoCells) {
  EXPECT_EQ(RepeatCells(*Preset("nas-bench-macro", {}), 2).status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(RepeatCells(*Preset("nas-bench-201", {}), 0).status().code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace nasshrink::space
