#include "run/execution.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "run/checkpoint.h"
#include "run/options.h"
#include "run/plan.h"
#include "run/table_backend.h"
#include "run/work_estimate.h"
#include "space/architecture.h"
#include "space/codec.h"
#include "space/count.h"

namespace nasshrink::run {
namespace {

using base::Code;
using base::Status;

int64_t UnixMilliseconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

// The finaliser of SplitMix64 over seed and number.
uint64_t SeedOfPart(uint64_t seed, uint64_t number) {
  uint64_t mixed = seed + (number + 1) * 0x9e3779b97f4a7c15ULL;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
  return mixed ^ (mixed >> 31);
}

const v1::Evaluated* BestOf(const v1::RunState& state) {
  if (!state.retrained().empty()) return &state.retrained(0);
  return state.ranked().empty() ? nullptr : &state.ranked(0);
}

Execution::Execution(Setup setup)
    : setup_(std::move(setup)),
      state_(setup_.state),
      supernet_(setup_.supernet),
      dataset_(setup_.dataset),
      table_dataset_(NewTableDataset()),
      begun_(std::chrono::steady_clock::now()),
      seconds_before_(state_.seconds()) {}

base::Result<Execution::Finished> Execution::Run() {
  NASSHRINK_RETURN_IF_ERROR(Prepare());
  NASSHRINK_RETURN_IF_ERROR(RunStages(setup_.plan.stages(), 0, ""));
  state_.set_finished(true);
  state_.set_fraction(1);
  path_.clear();
  Finished finished;
  finished.event.mutable_run_finished()->set_state(v1::RunProgress::STATE_FINISHED);
  NASSHRINK_RETURN_IF_ERROR(Record(&finished.event));
  finished.result = MakeResult();
  if (setup_.store == nullptr) return finished;
  state_.set_seconds(Seconds());
  NASSHRINK_RETURN_IF_ERROR(setup_.store->CommitResult(state_, finished.result));
  return finished;
}

// Makes what the state refers to: space, supernet, retrained child.
Status Execution::Prepare() {
  const bool resumed = state_.has_supernet();
  NASSHRINK_ASSIGN_OR_RETURN(space_, space::SpaceFromMessage(resumed ? state_.space() : setup_.plan.space()));
  children_ = space::ChildrenText(space_);
  if (auto cost = space::CostModel::Make(space_); cost.ok()) cost_ = *std::move(cost);
  if (resumed) {
    NASSHRINK_ASSIGN_OR_RETURN(const std::string image, setup_.store->ReadFile(state_.supernet()));
    NASSHRINK_ASSIGN_OR_RETURN(supernet_, LoadCheckpointImage(image, *setup_.backend));
    if (state_.has_child()) {
      NASSHRINK_ASSIGN_OR_RETURN(const std::string child, setup_.store->ReadFile(state_.child()));
      NASSHRINK_ASSIGN_OR_RETURN(child_, LoadCheckpointImage(child, *setup_.backend));
    }
    return {};
  }
  space::SpaceToMessage(space_, state_.mutable_space());
  if (supernet_ == nullptr) {
    NASSHRINK_ASSIGN_OR_RETURN(const SupernetOptions options,
                               ResolveSupernet(setup_.plan.supernet(), setup_.plan.seed()));
    NASSHRINK_ASSIGN_OR_RETURN(supernet_, setup_.backend->NewSupernet(space_, options));
  }
  supernet_changed_ = true;
  state_.set_next_event(1);
  return Checkpoint(true);
}

Status Execution::RunStages(const Stages& stages, int depth, const std::string& path) {
  if (state_.frames_size() == depth) state_.add_frames();
  while (state_.frames(depth).index() < static_cast<uint32_t>(stages.size())) {
    NASSHRINK_RETURN_IF_ERROR(CheckCancel());
    const auto index = static_cast<int>(state_.frames(depth).index());
    const v1::Stage& stage = stages[index];
    const std::string name = path + StageName(stages, index);
    if (stage.has_loop()) {
      NASSHRINK_RETURN_IF_ERROR(RunLoop(stage.loop(), depth, name));
    } else {
      NASSHRINK_RETURN_IF_ERROR(RunStage(stage, name));
    }
    v1::StageFrame* frame = state_.mutable_frames(depth);
    frame->Clear();
    frame->set_index(static_cast<uint32_t>(index) + 1);
    NASSHRINK_RETURN_IF_ERROR(Checkpoint(true));
  }
  state_.mutable_frames()->RemoveLast();
  return {};
}

// Iterations are counted from 1 in paths: "shrink[1]/score".
Status Execution::RunLoop(const v1::LoopStage& loop, int depth, const std::string& path) {
  while (true) {
    if (state_.frames_size() == depth + 1) {
      NASSHRINK_ASSIGN_OR_RETURN(const bool done, LoopIsDone(loop, state_.frames(depth)));
      if (done) return {};
      v1::StageFrame* frame = state_.mutable_frames(depth);
      frame->set_iteration(frame->iteration() + 1);
      frame->set_dropped_before(state_.dropped());
    }
    const uint32_t iteration = state_.frames(depth).iteration();
    NASSHRINK_RETURN_IF_ERROR(RunStages(loop.body(), depth + 1, fmt::format("{}[{}]/", path, iteration)));
  }
}

base::Result<bool> Execution::LoopIsDone(const v1::LoopStage& loop, const v1::StageFrame& frame) const {
  const v1::Until& until = loop.until();
  if (until.iterations() != 0 && frame.iteration() >= until.iterations()) return true;
  if (until.nothing_dropped() && frame.iteration() > 0 && frame.dropped_before() == state_.dropped()) return true;
  if (until.children_at_most().empty()) return false;
  const std::string& text = until.children_at_most();
  const std::string limit = text.substr(std::min(text.find_first_not_of('0'), text.size() - 1));
  // Decimal numbers without leading zeros compare by length, then as text.
  return std::pair(children_.size(), children_) <= std::pair(limit.size(), limit);
}

Status Execution::RunStage(const v1::Stage& stage, const std::string& path) {
  path_ = path;
  stage_work_ = StageWork(stage, dataset_info(), space_, 0);
  const double seconds_before_process = state_.stage().seconds();
  const auto begun = std::chrono::steady_clock::now();
  if (!state_.has_stage()) {
    state_.mutable_stage();
    v1::RunEvent event;
    event.mutable_stage_started()->set_kind(StageKind(stage));
    NASSHRINK_RETURN_IF_ERROR(Emit(std::move(event)));
  }
  ShowProgress(0, 0, 0, 0, "");
  Status status;
  switch (stage.kind_case()) {
    case v1::Stage::kTrain:
      status = Train(stage.train());
      break;
    case v1::Stage::kScore:
      status = Score(stage.score());
      break;
    case v1::Stage::kShrink:
      status = Shrink(stage.shrink());
      break;
    case v1::Stage::kResetBase:
      status = ResetBase(stage.reset_base());
      break;
    case v1::Stage::kDeepen:
      status = Deepen(stage.deepen());
      break;
    case v1::Stage::kDerive:
      status = Derive(stage.derive());
      break;
    case v1::Stage::kSearch:
      status = Search(stage.search());
      break;
    case v1::Stage::kRetrain:
      status = Retrain(stage.retrain());
      break;
    case v1::Stage::kExport:
      status = Export(stage.export_());
      break;
    default:
      status = base::Error(Code::kInternal, "stage '{}' has no handler", path);
  }
  NASSHRINK_RETURN_IF_ERROR(status);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
  v1::RunEvent event;
  event.mutable_stage_finished()->set_seconds(seconds_before_process + seconds.count());
  NASSHRINK_RETURN_IF_ERROR(Emit(std::move(event)));
  state_.clear_stage();
  state_.set_work(state_.work() + stage_work_);
  return {};
}

v1::RunResult Execution::MakeResult() const {
  v1::RunResult result;
  *result.mutable_plan() = setup_.plan;
  *result.mutable_space() = state_.space();
  result.set_children(children_);
  *result.mutable_ranked() = state_.ranked();
  *result.mutable_front() = state_.front();
  *result.mutable_retrained() = state_.retrained();
  *result.mutable_history() = state_.history();
  *result.mutable_exported_files() = state_.exported_files();
  return result;
}

Measuring Execution::MeasuringWith(StepProgress progress) const {
  return {dataset_.get(), setup_.pool, setup_.cancel, std::move(progress)};
}

v1::Evaluated Execution::Describe(const space::Architecture& architecture) const {
  v1::Evaluated evaluated;
  space::ArchitectureToMessage(space_, architecture, evaluated.mutable_architecture());
  evaluated.set_ops(space::CodesOf(space_, architecture));
  if (cost_) {
    evaluated.set_macs(cost_->Macs(architecture));
    evaluated.set_params(cost_->Params(architecture));
  }
  return evaluated;
}

Status Execution::Record(v1::RunEvent* event) {
  event->set_sequence(state_.next_event());
  state_.set_next_event(state_.next_event() + 1);
  event->set_time_ms(UnixMilliseconds());
  event->set_stage(path_);
  return setup_.store == nullptr ? Status() : setup_.store->AppendEvent(*event);
}

Status Execution::Emit(v1::RunEvent event) {
  NASSHRINK_RETURN_IF_ERROR(Record(&event));
  return setup_.on_event(event);
}

Status Execution::CheckCancel() const {
  if (!base::Triggered(setup_.cancel)) return {};
  return base::Error(Code::kCancelled, "the run was cancelled");
}

double Execution::Seconds() const {
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun_;
  return seconds_before_ + seconds.count();
}

void Execution::ShowProgress(double share, uint64_t step, uint64_t steps, double rate, const char* rate_unit) {
  const double done = state_.work() + share * stage_work_;
  const double left = (1 - share) * stage_work_ + WorkBehind(setup_.plan, state_, dataset_info(), space_);
  // Estimates of what is left may grow; what is shown does not go back.
  if (done + left > 0) state_.set_fraction(std::clamp(done / (done + left), state_.fraction(), 1.0));
  progress_.set_state(v1::RunProgress::STATE_RUNNING);
  progress_.set_stage(path_);
  progress_.set_step(step);
  progress_.set_steps(steps);
  // A stopped run still shows them.
  state_.mutable_stage()->set_step(step);
  state_.mutable_stage()->set_steps(steps);
  progress_.set_fraction(state_.fraction());
  progress_.set_seconds(Seconds());
  const double fraction = state_.fraction();
  progress_.set_seconds_left(fraction > 0 ? progress_.seconds() * (1 - fraction) / fraction : 0);
  progress_.set_children(children_);
  progress_.set_rate(rate);
  progress_.set_rate_unit(rate_unit);
  if (const v1::Evaluated* best = BestOf(state_)) *progress_.mutable_best() = *best;
  setup_.on_progress(progress_);
}

Status Execution::KeepSupernet() {
  if (!supernet_changed_) return {};
  NASSHRINK_ASSIGN_OR_RETURN(const std::string image, CheckpointImage(*supernet_));
  NASSHRINK_ASSIGN_OR_RETURN(*state_.mutable_supernet(), setup_.store->WriteFile(image));
  supernet_changed_ = false;
  return {};
}

Status Execution::Checkpoint(bool stage_end) {
  if (setup_.store == nullptr) return {};
  NASSHRINK_RETURN_IF_ERROR(KeepSupernet());
  state_.set_seconds(Seconds());
  return setup_.store->Commit(state_, stage_end);
}

}  // namespace nasshrink::run
