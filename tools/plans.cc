#include "plans.h"

#include <fmt/format.h>

#include <algorithm>

#include "data.h"
#include "model.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

// How NAS-Bench-201 is run unless told otherwise; our decision.
constexpr uint32_t kSmallChannels = 8;
constexpr uint32_t kSmallCells = 1;

constexpr const char* kSpaceSettings[] = {
    "classes",          "channels",         "cells", "height", "width", "input_channels", "layers",
    "width_multiplier", "depth_multiplier", "stem"};

void MeasureAccuracy(google::protobuf::RepeatedPtrField<v1::Stage>* stages) {
  for (v1::Stage& stage : *stages) {
    if (stage.has_loop()) MeasureAccuracy(stage.mutable_loop()->mutable_body());
    if (stage.has_score() && stage.score().options().metric() == "angle") {
      stage.mutable_score()->mutable_options()->set_metric("accuracy");
    }
  }
}

}  // namespace

Settings SplitSettings(const std::vector<std::string>& settings) {
  Settings split;
  for (const std::string& setting : settings) {
    const std::string text = setting.rfind("space.", 0) == 0 ? setting.substr(6) : setting;
    const std::string key = text.substr(0, text.find('='));
    const bool space = std::find(std::begin(kSpaceSettings), std::end(kSpaceSettings), key) != std::end(kSpaceSettings);
    (space ? split.space : split.plan).push_back(space ? text : setting);
  }
  return split;
}

Work OpenWork(nasshrink_context* context, const std::string& space, const std::string& data,
              const std::vector<std::string>& space_settings, bool small) {
  Work work;
  if (!IsTruth(data)) {
    work.dataset = OpenDataset(context, data);
    work.summary = SummaryOf(work.dataset.get());
  }
  if (space.empty()) return work;
  if (NamesFile(space) && !space_settings.empty()) {
    FailCall(fmt::format("--set {}: shapes a preset, but {} is a file", space_settings[0], space));
  }
  v1::PresetOptions options = PresetSettings(space_settings);
  if (work.dataset) {
    ShapeFor(work.summary, &options);
    if (small && space == "nas-bench-201") {
      if (options.channels() == 0) options.set_channels(kSmallChannels);
      if (options.cells() == 0) options.set_cells(kSmallCells);
    }
  }
  work.space = NamesFile(space) ? OpenModel(context, space).space : OpenSpace(context, space, options);
  work.message = MessageOf(work.space.get());
  if (IsTruth(data)) {
    work.truth = ReadTruth(context, work.space.get(), data);
    work.gaps = GapsOf(work.space.get(), work.truth, data);
  }
  return work;
}

void Prepare(const Work& work, uint64_t seed, v1::RunPlan* plan) {
  *plan->mutable_space() = work.message;
  plan->set_seed(seed);
  if (work.dataset) return;
  plan->mutable_supernet()->set_backend("table");
  *plan->mutable_supernet()->mutable_truth() = work.truth;
  MeasureAccuracy(plan->mutable_stages());
}

Json EstimateOf(nasshrink_context* context, const v1::RunPlan& plan, const Work& work, nasshrink_cancel* cancel) {
  const std::string bytes = plan.SerializeAsString();
  const auto estimate =
      Ask<v1::PlanEstimate>(nasshrink_plan_estimate, context, Data(bytes), bytes.size(), work.dataset.get(), cancel);
  Json stages = Json::array();
  for (const v1::StageEstimate& stage : estimate.stages()) {
    stages.push_back({{"stage", stage.stage()},
                      {"memory_bytes", stage.memory_bytes()},
                      {"seconds", stage.too_large() ? Json() : Json(stage.seconds())}});
  }
  return {{"memory_bytes", estimate.memory_bytes()}, {"seconds", estimate.seconds()}, {"stages", stages}};
}

v1::RunPlan RecipePlan(nasshrink_context* context, const std::string& recipe, const Work& work, uint64_t seed,
                       const Settings& settings) {
  v1::PlanOptions options;
  options.mutable_set()->Add(settings.plan.begin(), settings.plan.end());
  options.set_seed(seed);
  if (work.space) {
    *options.mutable_space() = work.message;
  } else {
    for (const std::string& setting : settings.space) options.add_set("space." + setting);
  }
  if (work.dataset) *options.mutable_dataset() = work.summary;
  const std::string bytes = options.SerializeAsString();
  auto plan = Ask<v1::RunPlan>(nasshrink_plan_preset, context, recipe.c_str(), Data(bytes), bytes.size());
  if (work.space) Prepare(work, plan.seed(), &plan);
  return plan;
}

const v1::Stage* FindStage(const google::protobuf::RepeatedPtrField<v1::Stage>& stages, v1::Stage::KindCase kind) {
  for (const v1::Stage& stage : stages) {
    if (stage.kind_case() == kind) return &stage;
    if (!stage.has_loop()) continue;
    if (const v1::Stage* inside = FindStage(stage.loop().body(), kind)) return inside;
  }
  return nullptr;
}

}  // namespace nasshrink::tools
