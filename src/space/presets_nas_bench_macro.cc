// NAS-Bench-Macro (Su et al., CVPR 2021): eight layers of three operators, all 6,561 children trained on CIFAR-10.
#include "space/preset_makers.h"
#include "space/preset_options.h"
#include "space/preset_parts.h"

namespace nasshrink::space {

base::Result<Space> MakeNasBenchMacro(const v1::PresetOptions& options) {
  constexpr Stage kStages[] = {{64, 2, 2}, {128, 3, 2}, {256, 3, 2}};
  Space space;
  NASSHRINK_RETURN_IF_ERROR(SetInput(options, {32, 10, 1}, &space.network));
  NASSHRINK_ASSIGN_OR_RETURN(const Scaling scaling, Scaling::Make(options));
  AddFixed(&space, "stem", ConvNorm(3, "relu6"), scaling.Channels(32));
  for (const Stage& stage : kStages) {
    for (uint32_t i = 0; i < scaling.Blocks(stage.blocks); ++i) {
      Choice* choice = AddChoiceLayer(&space, scaling.Channels(stage.channels), i == 0 ? stage.stride : 1);
      // In the first block of a stage a 1x1 convolution of stride 2 and a batch norm stand in for the identity.
      choice->candidates = {{0, "identity", MakeOperator("identity", {{"strided", std::string("conv_bn")}})},
                            MobileCandidate(1, 3, 3),
                            MobileCandidate(2, 5, 6)};
    }
  }
  AddHead(&space, scaling.HeadChannels(1280), "relu6");
  return space;
}

}  // namespace nasshrink::space
