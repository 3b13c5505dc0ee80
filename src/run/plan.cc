#include "run/plan.h"

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <string_view>

#include "run/architecture_parameters.h"
#include "run/evaluate.h"
#include "run/options.h"
#include "search/study.h"
#include "shrink/rule.h"
#include "space/repeat_cells.h"
#include "space/second_reduction.h"

namespace nasshrink::run {
namespace {

using base::Code;
using base::Invalid;
using base::Status;
using Stages = google::protobuf::RepeatedPtrField<v1::Stage>;

constexpr int kMostStages = 1000;
constexpr int kMostNesting = 8;

Status Unavailable(std::string_view what, std::string_view name) {
  return base::Error(Code::kUnimplemented, "{} '{}' is not part of this version", what, name);
}

Status CheckConstraints(const google::protobuf::RepeatedPtrField<v1::Constraint>& constraints) {
  for (int i = 0; i < constraints.size(); ++i) {
    const v1::Constraint& constraint = constraints[i];
    const std::string field = fmt::format("constraints[{}]", i);
    NASSHRINK_RETURN_IF_ERROR(CheckName(field + ".cost", constraint.cost(), {"macs", "params", "latency_ms"}));
    const bool has_quantile = constraint.has_min_quantile() || constraint.has_max_quantile();
    if (!constraint.has_min() && !constraint.has_max() && !has_quantile) {
      return Invalid(field, "neither", "min, max or both", "has no bound");
    }
    if (std::isnan(constraint.min()) || std::isnan(constraint.max())) {
      return Invalid(field, "NaN", "numbers", "has a bound that is no number");
    }
    if (constraint.has_min() && constraint.has_max() && constraint.min() > constraint.max()) {
      return Invalid(field + ".min", constraint.min(), fmt::format("at most max, {}", constraint.max()),
                     "leaves nothing");
    }
  }
  return {};
}

Status CheckTrain(const v1::TrainStage& stage) {
  NASSHRINK_RETURN_IF_ERROR(
      CheckName("target", stage.target().empty() ? "weights" : stage.target(), {"weights", "architecture"}));
  const std::string& strategy = stage.options().strategy();
  if (stage.target() == "architecture" && strategy != "proxyless" && strategy != "darts") {
    return Invalid("target", "'architecture'", "weights, or strategy proxyless or darts",
                   "needs a strategy that has architecture parameters");
  }
  if (stage.options().epochs() == 0) return Invalid("options.epochs", 0, "1..1000000", "trains nothing");
  if (stage.new_supernet() && stage.inherit_optimizer()) {
    return Invalid("new_supernet", true, "false with inherit_optimizer", "has weights the optimiser has not seen");
  }
  NASSHRINK_RETURN_IF_ERROR(CheckConstraints(stage.options().constraints()).Under("options."));
  return Status(ResolveTrain(stage.options()).status()).Under("options.");
}

Status CheckScore(const v1::ScoreStage& stage) { return CheckScoreOptions(stage.options()).Under("options."); }

Status CheckShrink(const v1::ShrinkStage& stage) { return shrink::CheckRule(stage.rule()).Under("rule."); }

Status CheckSearch(const v1::SearchStage& stage) {
  v1::StudyOptions study;
  *study.mutable_search() = stage.options();
  Status status = search::Study::CheckOptions(study);
  constexpr std::string_view kPrefix = "search.";
  if (status.details().field.compare(0, kPrefix.size(), kPrefix) == 0) {
    const Status::Details details = status.details();
    return std::move(status).WithField("options." + details.field.substr(kPrefix.size()), details.value,
                                       details.allowed);
  }
  NASSHRINK_RETURN_IF_ERROR(status);
  if (!stage.options().directions().empty()) {
    return Invalid("options.directions[0].metric", stage.options().directions(0).metric(),
                   "accuracy, angle, loss, macs, params, latency_ms in metrics",
                   "is a metric that a run cannot measure");
  }
  NASSHRINK_RETURN_IF_ERROR(CheckConstraints(stage.options().constraints()).Under("options."));
  return CheckEvaluateOptions(stage.options().evaluate()).Under("options.evaluate.");
}

Status CheckRetrain(const v1::RetrainStage& stage) {
  if (stage.options().epochs() == 0) return Invalid("options.epochs", 0, "1..1000000", "trains nothing");
  if (!stage.options().constraints().empty()) {
    return Invalid("options.constraints", stage.options().constraints_size(), "none", "one child has no paths to draw");
  }
  if (stage.top() > 1000) return Invalid("top", stage.top(), "0..1000", "is out of range");
  NASSHRINK_RETURN_IF_ERROR(
      CheckName("weights", stage.weights().empty() ? "scratch" : stage.weights(), {"scratch", "supernet"}));
  if (stage.keep_best() && stage.use_all_training_images()) {
    return Invalid("keep_best", true, "false with use_all_training_images",
                   "needs validation images that are not trained on");
  }
  if (stage.scale_to_macs() != 0 && stage.weights() == "supernet") {
    return Invalid("scale_to_macs", stage.scale_to_macs(), "0 with the supernet's weights", "needs new weights");
  }
  if (stage.cells() > 4096) return Invalid("cells", stage.cells(), "0..4096", "is out of range");
  if (stage.cells() != 0 && stage.weights() == "supernet") {
    return Invalid("cells", stage.cells(), "0 with the supernet's weights", "needs new weights");
  }
  if (!(stage.auxiliary_weight() >= 0 && stage.auxiliary_weight() <= 1000)) {
    return Invalid("auxiliary_weight", stage.auxiliary_weight(), "0..1000", "is out of range");
  }
  if (!(stage.weight_average_decay() >= 0 && stage.weight_average_decay() < 1)) {
    return Invalid("weight_average_decay", stage.weight_average_decay(), "0 to below 1", "is out of range");
  }
  return Status(ResolveTrain(stage.options()).status()).Under("options.");
}

Status CheckExport(const v1::ExportStage& stage) {
  NASSHRINK_RETURN_IF_ERROR(
      CheckName("format", stage.format().empty() ? "safetensors" : stage.format(), {"safetensors"}));
  const std::string& file = stage.file();
  const bool plain = !file.empty() && file.size() <= 255 && file[0] != '.' &&
                     file.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
  if (plain && file != "lock" && file != "checkpoints" && file.compare(0, 6, "run.db") != 0) return {};
  return Invalid("file", fmt::format("'{}'", file),
                 "a file name without folder, not starting with a dot, other than the run's own files",
                 "cannot be written into the run's folder");
}

struct Checker {
  std::set<std::string> keys;
  int stages = 0;

  Status CheckLoop(const v1::LoopStage& loop, int depth);
  Status CheckStage(const v1::Stage& stage, int depth);
  Status CheckStages(const Stages& list, std::string_view field, int depth);
};

Status Checker::CheckLoop(const v1::LoopStage& loop, int depth) {
  const v1::Until& until = loop.until();
  if (until.children_at_most().empty() && until.iterations() == 0 && !until.nothing_dropped()) {
    return Invalid("until", "none", "children_at_most, iterations, nothing_dropped", "never ends the loop");
  }
  const std::string& number = until.children_at_most();
  if (number.size() > 1000 || number.find_first_not_of("0123456789") != std::string::npos) {
    return Invalid("until.children_at_most", fmt::format("'{}'", number.substr(0, 40)), "a decimal number",
                   "is no number of children");
  }
  if (!number.empty() && number.find_first_not_of('0') == std::string::npos) {
    return Invalid("until.children_at_most", number.substr(0, 40), "1 or more", "no space gets as small as this");
  }
  return CheckStages(loop.body(), "body", depth + 1);
}

Status Checker::CheckStage(const v1::Stage& stage, int depth) {
  if (++stages > kMostStages) return Invalid("", stages, fmt::format("1..{}", kMostStages), "is one stage too many");
  if (!stage.key().empty()) {
    if (stage.key().size() > 100 || stage.key().find_first_of("/[]") != std::string::npos) {
      return Invalid("key", fmt::format("'{}'", stage.key()), "at most 100 bytes without / [ ]", "is no stage key");
    }
    if (!keys.insert(stage.key()).second) {
      return Invalid("key", fmt::format("'{}'", stage.key()), "each key once", "is used twice");
    }
  }
  switch (stage.kind_case()) {
    case v1::Stage::kTrain:
      return CheckTrain(stage.train()).Under("train.");
    case v1::Stage::kScore:
      return CheckScore(stage.score()).Under("score.");
    case v1::Stage::kShrink:
      return CheckShrink(stage.shrink()).Under("shrink.");
    case v1::Stage::kSearch:
      return CheckSearch(stage.search()).Under("search.");
    case v1::Stage::kResetBase:
      return {};
    case v1::Stage::kRetrain:
      return CheckRetrain(stage.retrain()).Under("retrain.");
    case v1::Stage::kExport:
      return CheckExport(stage.export_()).Under("export.");
    case v1::Stage::kLoop:
      return CheckLoop(stage.loop(), depth).Under("loop.");
    case v1::Stage::kDerive:
      return Status(ResolveDerive(stage.derive().options()).status()).Under("derive.options.");
    case v1::Stage::kDeepen:
      if (stage.deepen().cells() >= 1 && stage.deepen().cells() <= 4096) return {};
      return Invalid("deepen.cells", stage.deepen().cells(), "1..4096", "is out of range");
    case v1::Stage::kExpand:
    case v1::Stage::kEvolve:
      return Unavailable("stage kind", StageKind(stage));
    case v1::Stage::KIND_NOT_SET:
      break;
  }
  return Invalid("kind", "none",
                 "train, score, shrink, expand, evolve, search, reset_base, retrain, export, loop, deepen, derive",
                 "is missing");
}

Status Checker::CheckStages(const Stages& list, std::string_view field, int depth) {
  if (list.empty()) return Invalid(field, 0, fmt::format("1..{} stages", kMostStages), "has no stage");
  if (depth > kMostNesting) return Invalid(field, depth, fmt::format("1..{}", kMostNesting), "is nested too deeply");
  for (int i = 0; i < list.size(); ++i) {
    Status status = CheckStage(list[i], depth);
    if (status.ok()) continue;
    const std::string prefix = fmt::format("{}[{}].", field, i);
    if (!status.details().field.empty()) return std::move(status).Under(prefix);
    return std::move(status).WithField(prefix.substr(0, prefix.size() - 1), StageName(list, i), "");
  }
  return {};
}

Status CheckSupernet(const v1::SupernetOptions& options) {
  NASSHRINK_RETURN_IF_ERROR(ResolveSupernet(options, 0).status());
  if (options.backend() == "table" && !options.has_truth()) {
    return Invalid("truth", "none", "accuracies of architectures", "is missing for back end 'table'");
  }
  return {};
}

Status CheckRetrainFits(const v1::RetrainStage& stage, const space::Space& space) {
  NASSHRINK_RETURN_IF_ERROR(CheckDropPath(stage.options(), space).Under("options."));
  if (stage.cells() != 0) NASSHRINK_RETURN_IF_ERROR(space::CheckRepeatCells(space.network, stage.cells()));
  if (stage.auxiliary_weight() > 0 && !space::SecondReduction(space.network).has_value()) {
    return Invalid("auxiliary_weight", stage.auxiliary_weight(),
                   "0 for a network without two reductions among its cells",
                   "is of a head behind the second reduction");
  }
  return {};
}

Status CheckStagesFit(const Stages& stages, const std::string& field, const space::Space& space) {
  for (int i = 0; i < stages.size(); ++i) {
    const std::string own = fmt::format("{}[{}].", field, i);
    if (stages[i].has_retrain()) {
      NASSHRINK_RETURN_IF_ERROR(CheckRetrainFits(stages[i].retrain(), space).Under(own + "retrain."));
    }
    if (stages[i].has_deepen()) {
      NASSHRINK_RETURN_IF_ERROR(
          space::CheckRepeatCells(space.network, stages[i].deepen().cells()).Under(own + "deepen."));
    }
    NASSHRINK_RETURN_IF_ERROR(CheckStagesFit(stages[i].loop().body(), own + "loop.body", space));
  }
  return {};
}

}  // namespace

base::Status CheckPlanFits(const v1::RunPlan& plan, const space::Space& space) {
  return CheckStagesFit(plan.stages(), "stages", space);
}

const char* StageKind(const v1::Stage& stage) {
  switch (stage.kind_case()) {
    case v1::Stage::kTrain:
      return "train";
    case v1::Stage::kScore:
      return "score";
    case v1::Stage::kShrink:
      return "shrink";
    case v1::Stage::kExpand:
      return "expand";
    case v1::Stage::kEvolve:
      return "evolve";
    case v1::Stage::kSearch:
      return "search";
    case v1::Stage::kResetBase:
      return "reset_base";
    case v1::Stage::kRetrain:
      return "retrain";
    case v1::Stage::kExport:
      return "export";
    case v1::Stage::kLoop:
      return "loop";
    case v1::Stage::kDeepen:
      return "deepen";
    case v1::Stage::kDerive:
      return "derive";
    case v1::Stage::KIND_NOT_SET:
      break;
  }
  return "";
}

std::string StageName(const Stages& stages, int index) {
  const v1::Stage& stage = stages[index];
  if (!stage.key().empty()) return stage.key();
  int earlier = 0;
  for (int i = 0; i < index; ++i) {
    earlier += stages[i].key().empty() && stages[i].kind_case() == stage.kind_case() ? 1 : 0;
  }
  return earlier == 0 ? StageKind(stage) : fmt::format("{}{}", StageKind(stage), earlier + 1);
}

base::Status ValidatePlan(const v1::RunPlan& plan) {
  if (plan.schema_version() != 1) {
    return Invalid("schema_version", plan.schema_version(), "1", "is an unknown schema");
  }
  if (!plan.has_space()) return Invalid("space", "none", "a search space", "is missing");
  NASSHRINK_RETURN_IF_ERROR(CheckSupernet(plan.supernet()).Under("supernet."));
  return Checker().CheckStages(plan.stages(), "stages", 1);
}

}  // namespace nasshrink::run
