// Searching the space with a study: ask, evaluate, tell; a checkpoint after each round of trials.
#include <algorithm>
#include <utility>

#include "run/evaluate.h"
#include "run/execution.h"
#include "search/settings.h"
#include "search/study.h"
#include "space/architecture.h"

namespace nasshrink::run {
namespace {

using base::Code;
using base::Status;

// More than a generation has: a generation is asked for as one round.
constexpr uint32_t kGeneration = 1000000;
// Random search has no rounds of its own, and algorithms that go child by child have rounds of one: a checkpoint is due
// after so many children or seconds. Our decision.
constexpr uint32_t kRound = 32;
constexpr double kSecondsUnsaved = 10;
// Children kept in the state and in the result, best first.
constexpr int kMostRanked = 1000;

base::Result<std::unique_ptr<search::Study>> StudyOf(const space::Space& space, const v1::SearchOptions& options,
                                                     uint64_t plan_seed, const v1::StageState& stage) {
  if (stage.has_study()) return search::Study::Restore(stage.study());
  v1::StudyOptions study;
  *study.mutable_search() = options;
  study.set_seed(options.seed() == 0 ? plan_seed : options.seed());
  return search::Study::Make(space, study);
}

// What has to be measured; costs are not.
v1::EvaluateOptions MeasuredOf(const v1::SearchOptions& options) {
  v1::EvaluateOptions evaluate = options.evaluate();
  evaluate.clear_metrics();
  for (const std::string& metric : options.metrics()) {
    if (metric == "accuracy" || metric == "angle" || metric == "loss") evaluate.add_metrics(metric);
  }
  if (options.metrics().empty()) evaluate.add_metrics("accuracy");
  return evaluate;
}

base::Result<std::string> FirstOf(const space::Space& space, const v1::TrialList& trials) {
  NASSHRINK_ASSIGN_OR_RETURN(const auto child, space::ArchitectureFromMessage(space, trials.trials(0).architecture()));
  return space::CodesOf(space, child);
}

}  // namespace

Status Execution::MeasureTrials(const search::Study& study, const v1::SearchOptions& options,
                                const v1::TrialList& trials, double done, v1::ObservationList* observations) {
  std::vector<space::Architecture> children;
  for (const v1::Trial& trial : trials.trials()) {
    NASSHRINK_ASSIGN_OR_RETURN(children.emplace_back(), space::ArchitectureFromMessage(space_, trial.architecture()));
  }
  const double begun = Seconds();
  const auto total = static_cast<double>(search::TrialsOf(options));
  const auto progress = [&](uint64_t evaluated, uint64_t) {
    const double seconds = Seconds() - begun;
    const auto count = static_cast<double>(evaluated);
    ShowProgress(std::min(1.0, (done + count) / total), static_cast<uint64_t>(done) + evaluated,
                 static_cast<uint64_t>(total), seconds > 0 ? count / seconds : 0, "children/s");
  };
  v1::EvaluateReport report;
  const v1::EvaluateOptions measured = MeasuredOf(options);
  if (!measured.metrics().empty()) {
    NASSHRINK_ASSIGN_OR_RETURN(report, EvaluateChildren(*supernet_, children, measured, MeasuringWith(progress)));
  }
  for (int i = 0; i < trials.trials_size(); ++i) {
    const space::Architecture& child = children[static_cast<size_t>(i)];
    v1::Observation* observation = observations->add_observations();
    observation->set_trial(trials.trials(i).id());
    for (const v1::MetricValues& metric : report.metrics()) {
      v1::NamedValue* value = observation->add_metrics();
      value->set_name(metric.name());
      value->set_value(metric.values(i));
    }
    for (v1::NamedValue& cost : study.CostsOf(child)) *observation->add_metrics() = std::move(cost);
    v1::RunEvent event;
    *event.mutable_evaluated() = Describe(child);
    *event.mutable_evaluated()->mutable_metrics() = observation->metrics();
    NASSHRINK_RETURN_IF_ERROR(Emit(std::move(event)));
  }
  return {};
}

// Takes over what a finished search found.
Status Execution::KeepFound(const v1::StudyReport& report) {
  const auto described = [this](const v1::Evaluated& found) -> base::Result<v1::Evaluated> {
    NASSHRINK_ASSIGN_OR_RETURN(const auto child, space::ArchitectureFromMessage(space_, found.architecture()));
    v1::Evaluated evaluated = Describe(child);
    *evaluated.mutable_metrics() = found.metrics();
    return evaluated;
  };
  state_.clear_ranked();
  state_.clear_front();
  state_.clear_evaluated();
  for (int i = 0; i < std::min(report.ranked_size(), kMostRanked); ++i) {
    NASSHRINK_ASSIGN_OR_RETURN(*state_.add_ranked(), described(report.ranked(i)));
  }
  for (const v1::Evaluated& found : report.front()) {
    NASSHRINK_ASSIGN_OR_RETURN(*state_.add_front(), described(found));
  }
  if (report.has_evaluated()) *state_.mutable_evaluated() = report.evaluated();
  return {};
}

Status Execution::Search(const v1::SearchStage& stage) {
  const v1::SearchOptions& options = stage.options();
  NASSHRINK_ASSIGN_OR_RETURN(const auto study, StudyOf(space_, options, setup_.plan.seed(), state_.stage()));
  const uint32_t round = options.algorithm() == "random" ? kRound : kGeneration;
  const double seconds_before = state_.stage().seconds();
  const double begun = Seconds();
  auto told = static_cast<double>(study->Report().told());
  uint32_t unsaved = 0;
  double saved_at = begun;
  std::string first;
  for (bool finished = false; !finished;) {
    NASSHRINK_RETURN_IF_ERROR(CheckCancel());
    NASSHRINK_ASSIGN_OR_RETURN(const v1::TrialList trials, study->Ask(round));
    finished = trials.finished();
    if (trials.trials().empty()) {
      if (finished) break;
      return base::Error(Code::kInternal, "the search of stage '{}' waits for nothing", path_);
    }
    v1::ObservationList observations;
    NASSHRINK_RETURN_IF_ERROR(MeasureTrials(*study, options, trials, told, &observations));
    NASSHRINK_RETURN_IF_ERROR(study->Tell(observations));
    told += trials.trials_size();
    unsaved += static_cast<uint32_t>(trials.trials_size());
    if (first.empty()) {
      NASSHRINK_ASSIGN_OR_RETURN(first, FirstOf(space_, trials));
    }
    if (!finished && unsaved < kRound && Seconds() - saved_at < kSecondsUnsaved) continue;
    unsaved = 0;
    saved_at = Seconds();
    *state_.mutable_stage()->mutable_study() = study->Snapshot();
    const v1::StudyReport report = study->Report();
    if (!report.ranked().empty()) *progress_.mutable_best() = report.ranked(0);
    state_.mutable_stage()->set_seconds(seconds_before + Seconds() - begun);
    NASSHRINK_RETURN_IF_ERROR(Checkpoint(false));
  }
  const v1::StudyReport report = study->Report();
  if (report.ranked().empty()) {
    return base::Error(Code::kFailedPrecondition,
                       "the search of stage '{}' evaluated none of its {} children successfully; the first is '{}'",
                       path_, report.told(), first);
  }
  return KeepFound(report);
}

}  // namespace nasshrink::run
