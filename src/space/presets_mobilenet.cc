// Chains of inverted residual blocks: ProxylessNAS (what ABS and SE-NAS shrink), FairNAS, PAD-NAS.
//
// Codes of ABS's published code: kernels 3, 5, 7 and inside each the expansions ascending; identity is -1, the last
// candidate, and missing from the first block of a stage, where the shape may change.
#include <vector>

#include "space/preset_makers.h"
#include "space/preset_options.h"
#include "space/preset_parts.h"

namespace nasshrink::space {
namespace {

constexpr int64_t kKernels[] = {3, 5, 7};
constexpr int32_t kIdentityCode = -1;

struct MobileForm {
  uint32_t stem = 32;
  uint32_t first = 16;
  uint32_t head = 1280;
  std::vector<Stage> stages;
  std::vector<int64_t> expansions = {3, 6};
  bool identity = true;
  bool searchable_first = false;
};

void AddFirstBlock(Space* space, const MobileForm& form, uint32_t channels) {
  if (!form.searchable_first) {
    return AddFixed(space, "first", MakeOperator("mb_block", {{"expansion", int64_t{1}}, {"kernel", int64_t{3}}}),
                    channels);
  }
  Choice* first = AddChoiceLayer(space, channels, 1);
  int32_t code = 0;
  for (const int64_t kernel : kKernels) first->candidates.push_back(MobileCandidate(code++, kernel, 1));
}

void AddBlock(Space* space, const MobileForm& form, uint32_t channels, uint32_t stride, bool identity) {
  Choice* choice = AddChoiceLayer(space, channels, stride);
  int32_t code = 0;
  for (const int64_t kernel : kKernels) {
    for (const int64_t expansion : form.expansions) {
      choice->candidates.push_back(MobileCandidate(code++, kernel, expansion));
    }
  }
  if (identity) choice->candidates.push_back({kIdentityCode, "identity", MakeOperator("identity")});
}

base::Result<Space> MakeMobile(const v1::PresetOptions& options, const MobileForm& form) {
  Space space;
  NASSHRINK_RETURN_IF_ERROR(SetInput(options, {}, &space.network));
  NASSHRINK_ASSIGN_OR_RETURN(const Scaling scaling, Scaling::Make(options));
  AddFixed(&space, "stem", ConvNorm(3, "relu6"), scaling.Channels(form.stem), 2);
  AddFirstBlock(&space, form, scaling.Channels(form.first));
  for (const Stage& stage : form.stages) {
    const uint32_t channels = scaling.Channels(stage.channels);
    for (uint32_t i = 0; i < scaling.Blocks(stage.blocks); ++i) {
      AddBlock(&space, form, channels, i == 0 ? stage.stride : 1, form.identity && i > 0);
    }
  }
  AddHead(&space, scaling.HeadChannels(form.head), "relu6");
  return space;
}

std::vector<Stage> MobileStages() { return {{32, 4, 2}, {40, 4, 2}, {80, 4, 2}, {96, 4, 1}, {192, 4, 2}, {320, 1, 1}}; }

}  // namespace

base::Result<Space> MakeProxylessGpu(const v1::PresetOptions& options) {
  MobileForm form;
  form.stem = 40;
  form.first = 24;
  form.head = 1728;
  form.stages = {{32, 4, 2}, {56, 4, 2}, {112, 4, 2}, {128, 4, 1}, {256, 4, 2}, {432, 1, 1}};
  return MakeMobile(options, form);
}

base::Result<Space> MakeProxylessMobile(const v1::PresetOptions& options) {
  MobileForm form;
  form.stages = MobileStages();
  return MakeMobile(options, form);
}

base::Result<Space> MakeFairNas(const v1::PresetOptions& options) {
  MobileForm form;
  form.stages = MobileStages();
  form.stages[0].blocks = 2;
  form.identity = false;
  return MakeMobile(options, form);
}

base::Result<Space> MakePadNasBasic(const v1::PresetOptions& options) {
  MobileForm form;
  form.stages = MobileStages();
  form.searchable_first = true;
  return MakeMobile(options, form);
}

base::Result<Space> MakePadNasLarge(const v1::PresetOptions& options) {
  MobileForm form;
  form.stem = 16;
  form.stages = MobileStages();
  form.stages[0].channels = 24;
  form.expansions = {1, 2, 3, 4, 5, 6};
  form.searchable_first = true;
  return MakeMobile(options, form);
}

}  // namespace nasshrink::space
