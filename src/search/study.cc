#include "search/study.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "search/study_state.h"
#include "space/architecture.h"
#include "space/codec.h"

namespace nasshrink::search {
namespace {

using space::Architecture;

// The value that is ranked by, larger is better.
double Fitness(const Settings& settings, const Told& told) {
  return settings.lower_is_better ? -told.metric : told.metric;
}

// Best first; of equal ones the older.
std::vector<Architecture> Parents(const StudyState& state) {
  std::vector<const Told*> best;
  for (const auto& [id, told] : state.told) {
    if (!told.failed) best.push_back(&told);
  }
  std::stable_sort(best.begin(), best.end(), [&](const Told* a, const Told* b) {
    return Fitness(state.settings, *a) > Fitness(state.settings, *b);
  });
  if (best.size() > state.settings.top_k) best.resize(state.settings.top_k);
  std::vector<Architecture> parents;
  for (const Told* told : best) parents.push_back(told->architecture);
  return parents;
}

void Queue(std::vector<Architecture> children, StudyState* state) {
  for (Architecture& child : children) {
    state->numbers.emplace(child, state->next_trial);
    state->queued.emplace(state->next_trial++, std::move(child));
  }
}

// Queues the next child or generation where one may be made now; false when none can.
bool Refill(StudyState* state) {
  const uint64_t made = state->asked + state->queued.size();
  if (made >= state->settings.trials) return false;
  const uint64_t left = state->settings.trials - made;
  if (!state->settings.evolution) {
    auto child = state->fresh.Draw();
    if (!child) return false;
    Queue({*std::move(child)}, state);
    return true;
  }
  if (!state->open.empty()) return false;
  const std::vector<Architecture> parents = state->generation == 0 ? std::vector<Architecture>() : Parents(*state);
  std::vector<Architecture> children = NextGeneration(
      state->space, state->settings, parents, std::min<uint64_t>(left, state->settings.population), state->fresh);
  if (children.empty()) return false;
  ++state->generation;
  Queue(std::move(children), state);
  return true;
}

bool NoMoreTrials(const StudyState& state) {
  return state.queued.empty() && (state.asked >= state.settings.trials || state.fresh.Exhausted());
}

v1::Evaluated ReportOf(const StudyState& state, const Told& told) {
  v1::Evaluated evaluated;
  space::ArchitectureToMessage(state.space, told.architecture, evaluated.mutable_architecture());
  evaluated.set_ops(space::CodesOf(state.space, told.architecture));
  if (state.costs) {
    evaluated.set_macs(state.costs->Macs(told.architecture));
    evaluated.set_params(state.costs->Params(told.architecture));
  }
  for (const v1::NamedValue& value : told.metrics) *evaluated.add_metrics() = value;
  return evaluated;
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
  for (auto& [id, told] : planned) {
    state_->asked += state_->queued.erase(id);
    state_->open.erase(id);
    if (id == state_->next_trial) {
      ++state_->next_trial;
      state_->fresh.Take(told.architecture);
      state_->numbers.emplace(told.architecture, id);
    }
    state_->told.emplace(id, std::move(told));
  }
  return {};
}

v1::StudyReport Study::Report() const {
  std::vector<const Told*> ranked;
  v1::StudyReport report;
  for (const auto& [id, told] : state_->told) {
    if (told.failed) {
      report.set_failed(report.failed() + 1);
    } else {
      ranked.push_back(&told);
    }
  }
  std::sort(ranked.begin(), ranked.end(), [&](const Told* a, const Told* b) {
    const double first = Fitness(state_->settings, *a);
    const double second = Fitness(state_->settings, *b);
    return first != second ? first > second : a->architecture < b->architecture;
  });
  for (const Told* told : ranked) *report.add_ranked() = ReportOf(*state_, *told);
  report.set_asked(state_->asked);
  report.set_told(state_->told.size());
  report.set_finished(NoMoreTrials(*state_) && state_->open.empty());
  return report;
}

v1::StudySnapshot Study::Snapshot() const { return SnapshotOf(*state_); }

}  // namespace nasshrink::search
