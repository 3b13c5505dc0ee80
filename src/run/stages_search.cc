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
// Random search has no generations; our decision.
constexpr uint32_t kRandomRound = 32;
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

v1::EvaluateOptions MetricsOf(const v1::SearchOptions& options) {
  v1::EvaluateOptions evaluate = options.evaluate();
  evaluate.clear_metrics();
  *evaluate.mutable_metrics() = options.metrics();
  if (evaluate.metrics().empty()) evaluate.add_metrics("accuracy");
  return evaluate;
}

base::Result<std::string> FirstOf(const space::Space& space, const v1::TrialList& trials) {
  NASSHRINK_ASSIGN_OR_RETURN(const auto child, space::ArchitectureFromMessage(space, trials.trials(0).architecture()));
  return space::CodesOf(space, child);
}

}  // namespace

Status Execution::MeasureTrials(const v1::SearchOptions& options, const v1::TrialList& trials, double done,
                                double total, v1::ObservationList* observations) {
  std::vector<space::Architecture> children;
  for (const v1::Trial& trial : trials.trials()) {
    NASSHRINK_ASSIGN_OR_RETURN(children.emplace_back(), space::ArchitectureFromMessage(space_, trial.architecture()));
  }
  const double begun = Seconds();
  const auto progress = [&](uint64_t evaluated, uint64_t) {
    const double seconds = Seconds() - begun;
    const auto count = static_cast<double>(evaluated);
    ShowProgress(std::min(1.0, (done + count) / total), static_cast<uint64_t>(done) + evaluated,
                 static_cast<uint64_t>(total), seconds > 0 ? count / seconds : 0, "children/s");
  };
  NASSHRINK_ASSIGN_OR_RETURN(const v1::EvaluateReport report,
                             EvaluateChildren(*supernet_, children, MetricsOf(options), MeasuringWith(progress)));
  for (int i = 0; i < trials.trials_size(); ++i) {
    v1::Observation* observation = observations->add_observations();
    observation->set_trial(trials.trials(i).id());
    v1::RunEvent event;
    *event.mutable_evaluated() = Describe(children[static_cast<size_t>(i)]);
    for (const v1::MetricValues& metric : report.metrics()) {
      v1::NamedValue* value = observation->add_metrics();
      value->set_name(metric.name());
      value->set_value(metric.values(i));
      *event.mutable_evaluated()->add_metrics() = *value;
    }
    NASSHRINK_RETURN_IF_ERROR(Emit(std::move(event)));
  }
  return {};
}

Status Execution::Search(const v1::SearchStage& stage) {
  const v1::SearchOptions& options = stage.options();
  NASSHRINK_ASSIGN_OR_RETURN(const auto study, StudyOf(space_, options, setup_.plan.seed(), state_.stage()));
  const auto total = static_cast<double>(search::TrialsOf(options));
  const uint32_t round = options.algorithm() == "random" ? kRandomRound : kGeneration;
  const double seconds_before = state_.stage().seconds();
  const double begun = Seconds();
  auto told = static_cast<double>(study->Report().told());
  std::string first;
  while (true) {
    NASSHRINK_RETURN_IF_ERROR(CheckCancel());
    NASSHRINK_ASSIGN_OR_RETURN(const v1::TrialList trials, study->Ask(round));
    if (trials.trials().empty()) {
      if (trials.finished()) break;
      return base::Error(Code::kInternal, "the search of stage '{}' waits for nothing", path_);
    }
    v1::ObservationList observations;
    NASSHRINK_RETURN_IF_ERROR(MeasureTrials(options, trials, told, total, &observations));
    NASSHRINK_RETURN_IF_ERROR(study->Tell(observations));
    told += trials.trials_size();
    if (first.empty()) {
      NASSHRINK_ASSIGN_OR_RETURN(first, FirstOf(space_, trials));
    }
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
  state_.clear_ranked();
  for (int i = 0; i < std::min(report.ranked_size(), kMostRanked); ++i) {
    NASSHRINK_ASSIGN_OR_RETURN(const auto child,
                               space::ArchitectureFromMessage(space_, report.ranked(i).architecture()));
    *state_.add_ranked() = Describe(child);
    *state_.mutable_ranked(i)->mutable_metrics() = report.ranked(i).metrics();
  }
  return {};
}

}  // namespace nasshrink::run
