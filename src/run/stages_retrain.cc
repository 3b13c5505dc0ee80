// Training the best children from scratch, and writing the weights of the first of them.
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/file.h"
#include "run/checkpoint.h"
#include "run/execution.h"
#include "run/retrain_child.h"
#include "space/architecture.h"
#include "space/codec.h"
#include "space/cost.h"

namespace nasshrink::run {
namespace {

using base::Code;
using base::Status;

}  // namespace

// The best of the last search, or the derived child; without either, the child of a space that has no other.
base::Result<std::vector<space::Architecture>> Execution::ChildrenToRetrain(uint32_t top) const {
  std::vector<space::Architecture> children;
  for (int i = 0; i < std::min(static_cast<int>(top), state_.ranked_size()); ++i) {
    NASSHRINK_ASSIGN_OR_RETURN(children.emplace_back(),
                               space::ArchitectureFromMessage(space_, state_.ranked(i).architecture()));
  }
  if (!children.empty()) return children;
  space::Architecture only;
  for (const space::Choice& choice : space_.choices) {
    if (choice.alive.size() != 1) {
      return base::Error(Code::kFailedPrecondition,
                         "stage '{}' needs ranked children; put a search or derive stage before it", path_);
    }
    only.push_back(choice.alive[0]);
  }
  children.push_back(std::move(only));
  return children;
}

base::Result<std::unique_ptr<Supernet>> Execution::ChildSupernet(const v1::RetrainStage& stage,
                                                                 const space::Architecture& architecture,
                                                                 uint32_t number) {
  if (state_.stage().has_weights()) {
    NASSHRINK_ASSIGN_OR_RETURN(const std::string image, setup_.store->ReadFile(state_.stage().weights()));
    return LoadCheckpointImage(image, *setup_.backend);
  }
  NASSHRINK_ASSIGN_OR_RETURN(const space::Space child, ChildSpace(space_, architecture, stage));
  NASSHRINK_ASSIGN_OR_RETURN(SupernetOptions options, ChildOptions(setup_.plan, stage));
  options.seed = SeedOfPart(options.seed, number);
  if (stage.weights() != "supernet") return setup_.backend->NewSupernet(child, options);
  InheritOptions inherit;
  inherit.stand_alone = true;
  inherit.auxiliary_head = options.auxiliary_head;
  inherit.init = options.init;
  inherit.seed = options.seed;
  return supernet_->Inherit(child, inherit);
}

Status Execution::KeepBest(Supernet& child, const space::Architecture& architecture, v1::EpochFinished* finished) {
  EvaluateOptions evaluate;
  evaluate.part = Part::kValidation;
  evaluate.re_bn.average = ReBatchNorm::Average::kOff;
  NASSHRINK_ASSIGN_OR_RETURN(const auto evaluations,
                             child.Evaluate({architecture}, evaluation_dataset(), evaluate, setup_.cancel, nullptr));
  const double accuracy = evaluations.at(0).accuracy;
  finished->set_validation_accuracy(accuracy);
  v1::StageState* stage = state_.mutable_stage();
  if ((stage->has_best() || !best_.empty()) && !(accuracy > stage->best_accuracy())) return {};
  NASSHRINK_ASSIGN_OR_RETURN(std::string image, CheckpointImage(child));
  stage->set_best_accuracy(accuracy);
  if (setup_.store == nullptr) {
    best_ = std::move(image);
    return {};
  }
  NASSHRINK_ASSIGN_OR_RETURN(*stage->mutable_best(), setup_.store->WriteFile(image));
  return {};
}

Status Execution::TestChild(Supernet& child, const space::Architecture& architecture, v1::Evaluated* evaluated) {
  EvaluateOptions evaluate;
  evaluate.part = Part::kTest;
  evaluate.re_bn.average = ReBatchNorm::Average::kOff;
  NASSHRINK_ASSIGN_OR_RETURN(const auto evaluations,
                             child.Evaluate({architecture}, evaluation_dataset(), evaluate, setup_.cancel, nullptr));
  const auto add = [&](const char* name, double value) {
    v1::NamedValue* metric = evaluated->add_metrics();
    metric->set_name(name);
    metric->set_value(value);
  };
  add("test_accuracy", evaluations.at(0).accuracy);
  if (!std::isnan(evaluations.at(0).top5)) add("test_top5", evaluations.at(0).top5);
  return {};
}

Status Execution::RetrainChild(const v1::RetrainStage& stage, uint32_t number, uint32_t count) {
  NASSHRINK_ASSIGN_OR_RETURN(const auto children, ChildrenToRetrain(count));
  const space::Architecture& architecture = children[number];
  if (!state_.stage().training()) {
    state_.set_trainings(state_.trainings() + 1);
    state_.mutable_stage()->set_training(state_.trainings());
  }
  NASSHRINK_ASSIGN_OR_RETURN(std::shared_ptr<Supernet> child, ChildSupernet(stage, architecture, number));
  const auto write = [&](v1::StateFile* file) -> Status {
    if (setup_.store == nullptr) return {};
    NASSHRINK_ASSIGN_OR_RETURN(const std::string image, CheckpointImage(*child));
    NASSHRINK_ASSIGN_OR_RETURN(*file, setup_.store->WriteFile(image));
    return {};
  };
  Training training;
  training.supernet = child.get();
  NASSHRINK_ASSIGN_OR_RETURN(training.options, ResolveRetrain(stage));
  training.epochs = stage.options().epochs();
  training.schedule_epochs = stage.options().optimizer().schedule_epochs();
  training.schedule_by_epoch = stage.options().optimizer().schedule_by() == "epoch";
  training.begin = static_cast<double>(number) / count;
  training.share = 1.0 / count;
  training.keep_weights = [&] { return write(state_.mutable_stage()->mutable_weights()); };
  if (stage.keep_best()) {
    training.after_epoch = [&](v1::EpochFinished* finished) { return KeepBest(*child, architecture, finished); };
  }
  NASSHRINK_RETURN_IF_ERROR(RunTraining(std::move(training)));
  if (stage.keep_best()) {
    if (setup_.store != nullptr) {
      NASSHRINK_ASSIGN_OR_RETURN(best_, setup_.store->ReadFile(state_.stage().best()));
    }
    NASSHRINK_ASSIGN_OR_RETURN(child, LoadCheckpointImage(best_, *setup_.backend));
    best_.clear();
  }
  if (stage.auxiliary_weight() > 0) {
    // Its head was there for the training.
    NASSHRINK_ASSIGN_OR_RETURN(child, child->Inherit(child->space(), {}));
  }
  v1::Evaluated evaluated = Describe(architecture);
  if (stage.scale_to_macs() != 0 || stage.cells() != 0) {
    NASSHRINK_ASSIGN_OR_RETURN(const auto cost, space::CostModel::Make(child->space()));
    evaluated.set_macs(cost.Macs(architecture));
    evaluated.set_params(cost.Params(architecture));
  }
  NASSHRINK_RETURN_IF_ERROR(TestChild(*child, architecture, &evaluated));
  *state_.add_retrained() = evaluated;
  if (number == 0) {
    NASSHRINK_RETURN_IF_ERROR(write(state_.mutable_child()));
    child_ = std::move(child);
  }
  v1::RunEvent event;
  *event.mutable_evaluated() = std::move(evaluated);
  return Emit(std::move(event));
}

Status Execution::Retrain(const v1::RetrainStage& stage) {
  NASSHRINK_ASSIGN_OR_RETURN(const auto children, ChildrenToRetrain(std::max(1U, stage.top())));
  const auto count = static_cast<uint32_t>(children.size());
  if (state_.stage().child() == 0 && !state_.stage().training()) state_.clear_retrained();
  for (uint32_t number = state_.stage().child(); number < count; ++number) {
    NASSHRINK_RETURN_IF_ERROR(RetrainChild(stage, number, count));
    if (number + 1 == count) break;
    const double seconds = state_.stage().seconds();
    state_.mutable_stage()->Clear();
    state_.mutable_stage()->set_seconds(seconds);
    state_.mutable_stage()->set_child(number + 1);
    NASSHRINK_RETURN_IF_ERROR(Checkpoint(false));
  }
  return {};
}

Status Execution::Export(const v1::ExportStage& stage) {
  if (setup_.store == nullptr) {
    return base::Error(Code::kFailedPrecondition, "stage '{}' writes into the run's folder, and this run has none",
                       path_);
  }
  NASSHRINK_ASSIGN_OR_RETURN(const auto children, ChildrenToRetrain(1));
  std::map<std::string, std::string> metadata = ChildMetadata(space_, children[0]);
  // A retrained child may have other widths than the space.
  const v1::Evaluated described = state_.retrained().empty() ? Describe(children[0]) : state_.retrained(0);
  metadata["nasshrink.macs"] = std::to_string(described.macs());
  metadata["nasshrink.params"] = std::to_string(described.params());
  if (!state_.retrained().empty()) {
    metadata["nasshrink.test_accuracy"] = fmt::format("{}", state_.retrained(0).metrics(0).value());
  }
  // What the images were normalised with: (pixel / 255 - mean) / deviation, one number a channel.
  if (dataset_ != nullptr && !dataset_->info().mean.empty()) {
    metadata["nasshrink.mean"] = fmt::format("{}", fmt::join(dataset_->info().mean, " "));
    metadata["nasshrink.deviation"] = fmt::format("{}", fmt::join(dataset_->info().deviation, " "));
  }
  const Supernet& source = child_ != nullptr ? *child_ : *supernet_;
  NASSHRINK_ASSIGN_OR_RETURN(const std::string image, source.Extract(children[0], metadata));
  NASSHRINK_RETURN_IF_ERROR(base::WriteFileAtomically(setup_.store->folder() + "/" + stage.file(), image));
  if (std::find(state_.exported_files().begin(), state_.exported_files().end(), stage.file()) ==
      state_.exported_files().end()) {
    state_.add_exported_files(stage.file());
  }
  return {};
}

}  // namespace nasshrink::run
