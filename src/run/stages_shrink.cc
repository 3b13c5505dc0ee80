// Scoring operators, dropping the worst, and taking W0 afresh.
#include <utility>

#include "run/evaluate.h"
#include "run/execution.h"
#include "run/options.h"
#include "shrink/rule.h"
#include "space/codec.h"
#include "space/count.h"
#include "space/repeat_cells.h"

namespace nasshrink::run {

using base::Code;
using base::Status;

Status Execution::Score(const v1::ScoreStage& stage) {
  const auto progress = [this](uint64_t done, uint64_t total) {
    const double part = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
    ShowProgress(part, done, total, 0, "children/s");
  };
  v1::ScoreOptions options = stage.options();
  if (options.seed() == 0) options.set_seed(setup_.plan.seed());
  NASSHRINK_ASSIGN_OR_RETURN(*state_.mutable_scores(), ScoreSupernet(*supernet_, options, MeasuringWith(progress)));
  v1::RunEvent event;
  *event.mutable_scores() = state_.scores();
  return Emit(std::move(event));
}

base::Result<v1::ShrinkInput> Execution::ShrinkInputFor(const v1::ShrinkRule& rule) const {
  v1::ShrinkInput input;
  if (rule.has_pad_nas()) {
    if (!state_.has_evaluated()) {
      return base::Error(
          Code::kFailedPrecondition,
          "stage '{}' needs a search of the space as it is now by two metrics or more; put one before it", path_);
    }
    *input.mutable_evaluated() = state_.evaluated();
    return input;
  }
  if (!state_.has_scores() || state_.scores().children_fingerprint() != space_.children_fingerprint) {
    return base::Error(Code::kFailedPrecondition,
                       "stage '{}' needs scores of the space as it is now; put a score stage before it", path_);
  }
  *input.mutable_scores() = state_.scores();
  return input;
}

Status Execution::Shrink(const v1::ShrinkStage& stage) {
  NASSHRINK_ASSIGN_OR_RETURN(const v1::ShrinkInput input, ShrinkInputFor(stage.rule()));
  NASSHRINK_ASSIGN_OR_RETURN(shrink::Shrunk shrunk, shrink::ApplyRule(space_, input, stage.rule()));
  v1::RunEvent event;
  event.mutable_shrunk()->set_children_before(children_);
  if (!shrunk.dropped.empty()) {
    NASSHRINK_ASSIGN_OR_RETURN(supernet_, supernet_->Inherit(shrunk.space, {}));
    supernet_changed_ = true;
    space_ = std::move(shrunk.space);
    children_ = space::ChildrenText(space_);
    space::SpaceToMessage(space_, state_.mutable_space());
    state_.set_dropped(state_.dropped() + shrunk.dropped.size());
    state_.clear_evaluated();  // of the space as it was
  }
  v1::ShrinkStep* step = state_.add_history();
  step->set_stage(path_);
  if (input.has_scores()) *step->mutable_scores() = input.scores();
  *step->mutable_dropped() = shrunk.edits.drop();
  step->set_children_after(children_);
  if (shrunk.edits.has_frequencies()) {
    *step->mutable_frequencies() = shrunk.edits.frequencies();
    *event.mutable_shrunk()->mutable_frequencies() = shrunk.edits.frequencies();
  }
  event.mutable_shrunk()->mutable_dropped()->Add(shrunk.dropped.begin(), shrunk.dropped.end());
  event.mutable_shrunk()->set_children_after(children_);
  event.mutable_shrunk()->set_operators_after(static_cast<uint32_t>(space_.OperatorCount()));
  return Emit(std::move(event));
}

Status Execution::ResetBase(const v1::ResetBaseStage& stage) {
  const uint32_t after = stage.after_dropped();
  if (after != 0 && (state_.base_reset() || state_.dropped() <= after)) return {};
  NASSHRINK_RETURN_IF_ERROR(supernet_->ResetBase());
  supernet_changed_ = true;
  state_.set_base_reset(true);
  v1::RunEvent event;
  event.mutable_note()->set_text("the base weights are taken afresh from the current ones");
  return Emit(std::move(event));
}

// Weights that are new are not those of a supernet before.
base::Result<SupernetOptions> Execution::FreshOptions() const {
  NASSHRINK_ASSIGN_OR_RETURN(SupernetOptions options, ResolveSupernet(setup_.plan.supernet(), setup_.plan.seed()));
  options.seed = SeedOfPart(options.seed, state_.trainings());
  return options;
}

base::Result<std::shared_ptr<Supernet>> Execution::NewSupernet(const space::Space& space) {
  NASSHRINK_ASSIGN_OR_RETURN(const SupernetOptions options, FreshOptions());
  NASSHRINK_ASSIGN_OR_RETURN(std::shared_ptr<Supernet> made, setup_.backend->NewSupernet(space, options));
  return made;
}

Status Execution::Deepen(const v1::DeepenStage& stage) {
  NASSHRINK_ASSIGN_OR_RETURN(space::Space deeper, space::RepeatCells(space_, stage.cells()));
  if (stage.inherit()) {
    NASSHRINK_ASSIGN_OR_RETURN(const SupernetOptions fresh, FreshOptions());
    InheritOptions options;
    options.fill = true;
    options.init = fresh.init;
    options.seed = fresh.seed;
    NASSHRINK_ASSIGN_OR_RETURN(supernet_, supernet_->Inherit(deeper, options));
  } else {
    NASSHRINK_ASSIGN_OR_RETURN(supernet_, NewSupernet(deeper));
  }
  supernet_changed_ = true;
  space_ = std::move(deeper);
  cost_.reset();
  if (auto cost = space::CostModel::Make(space_); cost.ok()) cost_ = *std::move(cost);
  space::SpaceToMessage(space_, state_.mutable_space());
  // They name children of the root before.
  state_.clear_scores();
  state_.clear_ranked();
  state_.clear_front();
  state_.clear_evaluated();
  v1::RunEvent event;
  event.mutable_note()->set_text(fmt::format("the network's cells now stand {} in a row", stage.cells()));
  return Emit(std::move(event));
}

}  // namespace nasshrink::run
