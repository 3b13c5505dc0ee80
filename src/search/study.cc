#include "search/study.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "base/non_dominated_sort.h"
#include "search/hypervolume.h"
#include "search/study_state.h"
#include "space/architecture.h"
#include "space/codec.h"

namespace nasshrink::search {
namespace {

using space::Architecture;

// Queues the next round where one may be made now; false when none can.
bool Refill(StudyState* state) {
  const uint64_t made = state->asked + state->queued.size();
  if (made >= state->settings.trials || state->ended) return false;
  if (state->algorithm->Waits() && !state->open.empty()) return false;
  History& history = state->history;
  std::vector<Architecture> children =
      state->algorithm->NextRound(history, state->settings.trials - made, state->fresh);
  state->ended = children.empty();
  if (state->ended) return false;
  ++history.rounds;
  uint64_t number = state->fresh.next() - children.size();
  for (Architecture& child : children) state->queued.emplace_hint(state->queued.end(), number++, std::move(child));
  return true;
}

bool NoMoreTrials(const StudyState& state) {
  return state.queued.empty() && (state.asked >= state.settings.trials || state.ended || state.fresh.Exhausted());
}

v1::Evaluated ReportOf(const StudyState& state, const Told& told) {
  v1::Evaluated evaluated;
  space::ArchitectureToMessage(state.space, told.architecture, evaluated.mutable_architecture());
  evaluated.set_ops(space::CodesOf(state.space, told.architecture));
  if (state.costs) {
    evaluated.set_macs(state.costs->Macs(told.architecture));
    evaluated.set_params(state.costs->Params(told.architecture));
  }
  AddMetrics(told, evaluated.mutable_metrics());
  return evaluated;
}

// Best first by the first metric, ties by candidates.
std::vector<const Told*> RankedOf(const StudyState& state) {
  std::vector<const Told*> ranked;
  for (const auto& [id, told] : state.history.told) {
    if (!told.failed) ranked.push_back(&told);
  }
  std::sort(ranked.begin(), ranked.end(), [](const Told* a, const Told* b) {
    return a->objectives[0] != b->objectives[0] ? a->objectives[0] < b->objectives[0]
                                                : a->architecture < b->architecture;
  });
  return ranked;
}

bool HasAll(const Told& told) {
  return std::none_of(told.objectives.begin(), told.objectives.end(), [](double value) { return std::isnan(value); });
}

// The children of rank 1 among those that have all metrics, and what they dominate up to the reference point.
void AddFront(const StudyState& state, const std::vector<const Told*>& ranked, v1::StudyReport* report) {
  const std::vector<Objective>& objectives = state.settings.objectives;
  std::vector<const Told*> complete;
  std::vector<double> points;
  for (const Told* told : ranked) {
    if (!HasAll(*told)) continue;
    complete.push_back(told);
    points.insert(points.end(), told->objectives.begin(), told->objectives.end());
  }
  const std::vector<uint32_t> ranks = base::NonDominatedRanks(points.data(), complete.size(), objectives.size());
  for (size_t i = 0; i < complete.size(); ++i) {
    if (ranks[i] == 1) *report->add_front() = ReportOf(state, *complete[i]);
  }
  if (state.settings.reference.empty()) return;
  std::vector<double> reference;
  for (size_t k = 0; k < objectives.size(); ++k) reference.push_back(objectives[k].Turned(state.settings.reference[k]));
  report->set_hypervolume(Hypervolume(points, reference));
}

// Every child that has all metrics, with the rows that the algorithm would breed from.
void AddEvaluated(const StudyState& state, v1::EvaluatedArchitectures* evaluated) {
  const std::vector<Objective>& objectives = state.settings.objectives;
  evaluated->set_root_fingerprint(state.space.root_fingerprint);
  evaluated->set_choices(static_cast<uint32_t>(state.space.choices.size()));
  for (const Objective& objective : objectives) {
    v1::Objective* column = evaluated->add_objectives();
    column->set_name(objective.metric);
    column->set_maximise(!objective.minimise);
  }
  const std::vector<uint64_t> population = state.algorithm->Population(state.history);
  const std::set<uint64_t> members(population.begin(), population.end());
  uint32_t row = 0;
  for (const auto& [number, told] : state.history.told) {
    if (told.failed || !HasAll(told)) continue;
    evaluated->mutable_candidates()->Add(told.architecture.begin(), told.architecture.end());
    for (size_t k = 0; k < objectives.size(); ++k) {
      evaluated->mutable_objectives(static_cast<int>(k))->add_values(objectives[k].Turned(told.objectives[k]));
    }
    if (members.count(number) > 0) evaluated->add_population(row);
    ++row;
  }
}

}  // namespace

Study::Study(std::unique_ptr<StudyState> state) : state_(std::move(state)) {}
Study::~Study() = default;

base::Status Study::CheckOptions(const v1::StudyOptions& options) { return SettingsFromOptions(options).status(); }

base::Result<std::unique_ptr<Study>> Study::Make(const space::Space& space, const v1::StudyOptions& options) {
  NASSHRINK_ASSIGN_OR_RETURN(auto state, StudyState::Make(space, options));
  return std::unique_ptr<Study>(new Study(std::move(state)));
}

base::Result<std::unique_ptr<Study>> Study::Restore(const v1::StudySnapshot& snapshot) {
  NASSHRINK_ASSIGN_OR_RETURN(auto state, StudyState::Restore(snapshot));
  return std::unique_ptr<Study>(new Study(std::move(state)));
}

base::Result<v1::TrialList> Study::Ask(uint32_t count) {
  if (count == 0) return base::Invalid("count", 0, "at least 1", "no trial was asked for");
  v1::TrialList list;
  list.mutable_trials()->Reserve(static_cast<int>(std::min<size_t>(count, state_->queued.size())));
  while (static_cast<uint32_t>(list.trials_size()) < count) {
    if (state_->queued.empty() && !Refill(state_.get())) break;
    auto next = state_->queued.extract(state_->queued.begin());
    v1::Trial* trial = list.add_trials();
    trial->set_id(next.key());
    space::ArchitectureToMessage(state_->space, next.mapped(), trial->mutable_architecture());
    state_->open.insert(std::move(next));
    ++state_->asked;
  }
  list.set_finished(NoMoreTrials(*state_));
  return list;
}

base::Status Study::Tell(const v1::ObservationList& observations) {
  NASSHRINK_ASSIGN_OR_RETURN(auto planned, PlanTelling(*state_, observations));
  History& history = state_->history;
  for (auto& [id, told] : planned) {
    state_->asked += state_->queued.erase(id);
    state_->open.erase(id);
    if (id == state_->fresh.next()) state_->fresh.Take(told.architecture);
    history.told.emplace_hint(history.told.end(), id, std::move(told));
  }
  return {};
}

v1::StudyReport Study::Report() const {
  v1::StudyReport report;
  const std::vector<const Told*> ranked = RankedOf(*state_);
  for (const Told* told : ranked) *report.add_ranked() = ReportOf(*state_, *told);
  if (state_->settings.objectives.size() > 1) {
    AddFront(*state_, ranked, &report);
    AddEvaluated(*state_, report.mutable_evaluated());
  }
  report.set_asked(state_->asked);
  report.set_told(state_->history.told.size());
  report.set_failed(report.told() - ranked.size());
  report.set_finished(NoMoreTrials(*state_) && state_->open.empty());
  return report;
}

v1::StudySnapshot Study::Snapshot() const { return SnapshotOf(*state_); }

std::vector<v1::NamedValue> Study::CostsOf(const Architecture& child) const {
  std::vector<v1::NamedValue> costs;
  for (size_t k = 0; k < state_->settings.objectives.size(); ++k) {
    const auto value = state_->cost_objectives.Value(k, state_->fresh.form(), child);
    if (!value) continue;
    v1::NamedValue& cost = costs.emplace_back();
    cost.set_name(state_->settings.objectives[k].metric);
    cost.set_value(*value);
  }
  return costs;
}

}  // namespace nasshrink::search
