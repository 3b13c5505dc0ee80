// Run plans as the commands make them: the space shaped for the data, settings, and the source of accuracies.
#ifndef NASSHRINK_TOOLS_PLANS_H_
#define NASSHRINK_TOOLS_PLANS_H_

#include <string>
#include <vector>

#include "handles.h"
#include "nasshrink/v1/context.pb.h"
#include "nasshrink/v1/estimate.pb.h"
#include "nasshrink/v1/plan.pb.h"
#include "shared_options.h"

namespace nasshrink::tools {

// `--set` split into what shapes a preset ("channels=8", also written "space.channels=8") and what changes a plan.
struct Settings {
  std::vector<std::string> space;
  std::vector<std::string> plan;
};
Settings SplitSettings(const std::vector<std::string>& settings);

// What --space and --data name, opened together; no space for "". The file of a checkpoint or a table stands for its
// space. `dataset` is NULL for accuracies known beforehand, which `truth` then holds.
struct Work {
  Dataset dataset;
  v1::DatasetSummary summary;
  v1::Truth truth;
  std::string gaps;  // GapsOf the truth
  Space space;
  v1::SearchSpace message;
};

// A preset takes its input size, channels and classes from the data. `small` gives NAS-Bench-201 8 channels and one
// cell a stage where the settings do not say otherwise, so that a run takes minutes on two processors.
Work OpenWork(nasshrink_context* context, const std::string& space, const std::string& data,
              const std::vector<std::string>& space_settings, bool small);

// The plan's space, seed and back end; with accuracies known beforehand, stages that measure the angle measure the
// accuracy instead, because there are no weights.
void Prepare(const Work& work, uint64_t seed, v1::RunPlan* plan);

// Without a space in `work` the plan has the recipe's own, shaped by the data and the settings.
// What the plan will take, as JSON: "memory_bytes", "seconds" and "stages".
Json EstimateOf(nasshrink_context* context, const v1::RunPlan& plan, const Work& work, nasshrink_cancel* cancel);

v1::RunPlan RecipePlan(nasshrink_context* context, const std::string& recipe, const Work& work, uint64_t seed,
                       const Settings& settings);

// The first stage of a kind in the plan, loops included; NULL when there is none.
const v1::Stage* FindStage(const google::protobuf::RepeatedPtrField<v1::Stage>& stages, v1::Stage::KindCase kind);

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_PLANS_H_
