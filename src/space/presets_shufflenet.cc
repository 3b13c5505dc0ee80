// SPOS's chain of ShuffleNetV2-like blocks (Guo et al., ECCV 2020), codes and widths of its published code.
#include <fmt/format.h>

#include "space/preset_makers.h"
#include "space/preset_options.h"
#include "space/preset_parts.h"

namespace nasshrink::space {

base::Result<Space> MakeSposShuffleNet(const v1::PresetOptions& options) {
  constexpr Stage kStages[] = {{64, 4, 2}, {160, 4, 2}, {320, 8, 2}, {640, 4, 2}};
  Space space;
  NASSHRINK_RETURN_IF_ERROR(SetInput(options, {}, &space.network));
  NASSHRINK_ASSIGN_OR_RETURN(const Scaling scaling, Scaling::Make(options));
  AddFixed(&space, "stem", ConvNorm(3, "relu"), scaling.Channels(16), 2);
  for (const Stage& stage : kStages) {
    for (uint32_t i = 0; i < scaling.Blocks(stage.blocks); ++i) {
      Choice* choice = AddChoiceLayer(&space, scaling.Channels(stage.channels), i == 0 ? stage.stride : 1);
      for (int32_t code = 0; code < 3; ++code) {
        const int64_t kernel = 3 + 2 * code;
        choice->candidates.push_back(
            {code, fmt::format("shuffle_{0}x{0}", kernel), MakeOperator("shuffle_block", {{"kernel", kernel}})});
      }
      choice->candidates.push_back({3, "xception", MakeOperator("shuffle_xception")});
    }
  }
  AddHead(&space, scaling.HeadChannels(1024), "relu", false);
  return space;
}

}  // namespace nasshrink::space
