#include "search/study_state.h"

#include <cmath>
#include <limits>
#include <string>
#include <unordered_set>
#include <utility>

#include "space/architecture.h"
#include "space/codec.h"

namespace nasshrink::search {
namespace {

using space::Architecture;

base::Status Torn(std::string_view what) {
  return base::Error(base::Code::kDataLoss, "the study's snapshot is damaged: {}", what);
}

base::Result<Architecture> ReadChild(const space::Space& space, const v1::Architecture& message) {
  NASSHRINK_ASSIGN_OR_RETURN(auto architecture, space::ArchitectureFromMessage(space, message));
  return space::Canonical(space, std::move(architecture));
}

// The value told under this name; null for none.
const v1::NamedValue* FindValue(const v1::Observation& observation, const std::string& name) {
  for (const v1::NamedValue& value : observation.metrics()) {
    if (value.name() == name) return &value;
  }
  return nullptr;
}

base::Status CheckNames(const v1::Observation& observation) {
  for (int at = 1; at < observation.metrics_size(); ++at) {
    const std::string& name = observation.metrics(at).name();
    for (int before = 0; before < at; ++before) {
      if (observation.metrics(before).name() == name) {
        return base::Invalid("metrics", name, "each name once", "a metric is told twice");
      }
    }
  }
  return {};
}

// Whether the algorithm cannot do without the objective.
bool IsNeeded(const Settings& settings, size_t objective) {
  return objective == 0 || settings.algorithm == AlgorithmKind::kNsga2 || settings.cost_reference > 0;
}

// The observation's numbers, those that are ranked by picked out and costs added.
base::Result<Told> ReadMetrics(const StudyState& state, const v1::Observation& observation, Architecture architecture) {
  Told told;
  told.architecture = std::move(architecture);
  told.failed = observation.failed();
  if (told.failed) return told;
  NASSHRINK_RETURN_IF_ERROR(CheckNames(observation));
  told.metrics.reserve(static_cast<size_t>(observation.metrics_size()) + state.settings.objectives.size());
  for (const v1::NamedValue& value : observation.metrics()) told.metrics.push_back({value.name(), value.value()});
  told.objectives.reserve(state.settings.objectives.size());
  for (size_t k = 0; k < state.settings.objectives.size(); ++k) {
    const Objective& objective = state.settings.objectives[k];
    double value = std::numeric_limits<double>::quiet_NaN();
    if (const v1::NamedValue* named = FindValue(observation, objective.metric)) {
      value = named->value();
    } else if (const auto cost = state.cost_objectives.Value(k, state.fresh.form(), told.architecture)) {
      value = *cost;
      told.metrics.push_back({objective.metric, value});
    } else if (IsNeeded(state.settings, k)) {
      return base::Invalid("metrics", fmt::format("{} values", observation.metrics_size()),
                           fmt::format("one named '{}'", objective.metric),
                           "a metric that the study ranks by is missing");
    }
    if (!std::isfinite(value) && IsNeeded(state.settings, k)) told.failed = true;
    told.objectives.push_back(objective.Turned(value));
  }
  if (told.failed) {
    told.metrics.clear();
    told.objectives.clear();
  }
  return told;
}

// The number and architecture of a trial that was asked for.
base::Result<std::pair<uint64_t, Architecture>> FindTrial(const StudyState& state, const v1::Observation& observation) {
  const uint64_t id = observation.trial();
  if (state.history.told.count(id) != 0) {
    return base::Error(base::Code::kAlreadyExists, "trial {} has already been told", id);
  }
  const auto open = state.open.find(id);
  if (open == state.open.end()) {
    return base::Error(base::Code::kNotFound, "trial {} was never asked for", id);
  }
  if (observation.has_architecture()) {
    NASSHRINK_ASSIGN_OR_RETURN(const auto given, ReadChild(state.space, observation.architecture()));
    if (given != open->second) {
      return base::Invalid("architecture", space::CodesOf(state.space, given),
                           space::CodesOf(state.space, open->second),
                           fmt::format("trial {} is another architecture", id));
    }
  }
  return std::pair(id, open->second);
}

// The number and architecture of a warm start; `next` is the number a new one gets.
base::Result<std::pair<uint64_t, Architecture>> FindWarmStart(const StudyState& state,
                                                              const v1::Observation& observation, uint64_t next) {
  if (!observation.has_architecture()) {
    return base::Invalid("trial", 0, "a trial's number, or 0 with an architecture",
                         "an observation says neither which trial nor which architecture");
  }
  NASSHRINK_ASSIGN_OR_RETURN(auto architecture, ReadChild(state.space, observation.architecture()));
  const uint64_t known = state.fresh.NumberOf(architecture);
  if (known == 0) {
    if (!state.fresh.Meets(architecture)) {
      return base::Invalid("architecture", space::CodesOf(state.space, architecture),
                           "children that meet the study's constraints",
                           "the architecture does not meet the constraints");
    }
    return std::pair(next, std::move(architecture));
  }
  if (state.history.told.count(known) != 0) {
    return base::Error(base::Code::kAlreadyExists, "architecture {} has already been told",
                       space::CodesOf(state.space, architecture));
  }
  if (state.open.count(known) != 0) {
    return base::Invalid("trial", 0, fmt::format("{}", known), "the architecture is that of an open trial");
  }
  return std::pair(known, std::move(architecture));
}

template <typename Trials>
void AddTrials(const space::Space& space, const std::map<uint64_t, Architecture>& from, Trials* to) {
  for (const auto& [id, architecture] : from) {
    v1::Trial* trial = to->Add();
    trial->set_id(id);
    space::ArchitectureToMessage(space, architecture, trial->mutable_architecture());
  }
}

// Notes a child of a snapshot under its number.
base::Result<Architecture> Readmit(uint64_t id, const v1::Architecture& message, StudyState* state) {
  auto architecture = ReadChild(state->space, message);
  if (!architecture.ok()) return Torn(architecture.status().message());
  if (id == 0 || id >= state->fresh.next()) {
    return Torn(fmt::format("trial {} is not below {}", id, state->fresh.next()));
  }
  if (!state->fresh.Readmit(*architecture, id)) {
    return Torn(fmt::format("trial {} is there twice or does not meet the constraints", id));
  }
  return architecture;
}

template <typename Trials>
base::Status ReadTrials(const Trials& from, StudyState* state, std::map<uint64_t, Architecture>* to) {
  for (const v1::Trial& trial : from) {
    NASSHRINK_ASSIGN_OR_RETURN(auto architecture, Readmit(trial.id(), trial.architecture(), state));
    if (!to->emplace(trial.id(), std::move(architecture)).second) {
      return Torn(fmt::format("trial {} is there twice", trial.id()));
    }
  }
  return {};
}

base::Status ReadTold(const v1::StudySnapshot& snapshot, StudyState* state) {
  for (const v1::Observation& observation : snapshot.told()) {
    NASSHRINK_ASSIGN_OR_RETURN(auto architecture, Readmit(observation.trial(), observation.architecture(), state));
    auto told = ReadMetrics(*state, observation, std::move(architecture));
    if (!told.ok()) return Torn(told.status().message());
    if (!state->history.told.emplace(observation.trial(), *std::move(told)).second) {
      return Torn(fmt::format("trial {} is there twice", observation.trial()));
    }
  }
  return {};
}

}  // namespace

StudyState::StudyState(space::Space own_space, v1::StudyOptions own_options, Settings own_settings,
                       FreshChildren own_fresh)
    : space(std::move(own_space)),
      options(std::move(own_options)),
      settings(std::move(own_settings)),
      fresh(std::move(own_fresh)) {}

base::Result<std::unique_ptr<StudyState>> StudyState::Make(const space::Space& space, const v1::StudyOptions& options) {
  NASSHRINK_ASSIGN_OR_RETURN(auto settings, SettingsFromOptions(options));
  NASSHRINK_ASSIGN_OR_RETURN(auto fresh, FreshChildren::Make(space, options.search(), settings.seed));
  auto state = std::make_unique<StudyState>(space, options, std::move(settings), std::move(fresh));
  NASSHRINK_ASSIGN_OR_RETURN(state->algorithm, MakeAlgorithm(space, state->settings));
  NASSHRINK_ASSIGN_OR_RETURN(state->cost_objectives,
                             CostObjectives::Make(space, state->settings.objectives, options.search()));
  if (auto costs = space::CostModel::Make(space); costs.ok()) state->costs = *std::move(costs);
  return state;
}

base::Result<std::unique_ptr<StudyState>> StudyState::Restore(const v1::StudySnapshot& snapshot) {
  NASSHRINK_ASSIGN_OR_RETURN(const auto space, space::SpaceFromMessage(snapshot.space()));
  NASSHRINK_ASSIGN_OR_RETURN(auto state, Make(space, snapshot.options()));
  state->fresh.set_next(snapshot.next_trial());
  state->history.rounds = snapshot.generation();
  state->asked = snapshot.asked();
  state->ended = snapshot.searcher().ended();
  state->fresh.set_draws(snapshot.draws());
  NASSHRINK_RETURN_IF_ERROR(ReadTrials(snapshot.queued(), state.get(), &state->queued));
  NASSHRINK_RETURN_IF_ERROR(ReadTrials(snapshot.open(), state.get(), &state->open));
  NASSHRINK_RETURN_IF_ERROR(ReadTold(snapshot, state.get()));
  const uint64_t told = state->history.told.size();
  const uint64_t children = state->queued.size() + state->open.size() + told;
  if (children + 1 != state->fresh.next()) {
    return Torn(fmt::format("{} children are there, {} are numbered", children, state->fresh.next() - 1));
  }
  if (state->asked < state->open.size() || state->asked > state->open.size() + told) {
    return Torn(fmt::format("{} trials cannot have been asked for", state->asked));
  }
  const base::Status loaded = state->algorithm->Load(snapshot.searcher(), state->history);
  if (!loaded.ok()) return Torn(loaded.message());
  return state;
}

base::Result<std::vector<std::pair<uint64_t, Told>>> PlanTelling(const StudyState& state,
                                                                 const v1::ObservationList& observations) {
  std::vector<std::pair<uint64_t, Told>> planned;
  planned.reserve(static_cast<size_t>(observations.observations_size()));
  std::unordered_set<uint64_t> told_now;
  std::unordered_set<Architecture, space::ChildHash> warm_now;
  uint64_t next = state.fresh.next();
  for (int at = 0; at < observations.observations_size(); ++at) {
    const v1::Observation& observation = observations.observations(at);
    const auto prefix = [at] { return fmt::format("observations[{}].", at); };
    auto found = observation.trial() != 0 ? FindTrial(state, observation) : FindWarmStart(state, observation, next);
    if (!found.ok()) return base::Status(found.status()).Under(prefix());
    const bool warm = found->first == next;
    const bool again = warm ? !warm_now.insert(found->second).second : !told_now.insert(found->first).second;
    auto told = ReadMetrics(state, observation, std::move(found->second));
    if (!told.ok()) return base::Status(told.status()).Under(prefix());
    if (again) {
      return base::Error(base::Code::kAlreadyExists, "{}trial: the child is told twice", prefix());
    }
    if (warm) ++next;
    planned.emplace_back(found->first, *std::move(told));
  }
  return planned;
}

void AddMetrics(const Told& told, google::protobuf::RepeatedPtrField<v1::NamedValue>* metrics) {
  for (const Metric& metric : told.metrics) {
    v1::NamedValue* value = metrics->Add();
    value->set_name(metric.name);
    value->set_value(metric.value);
  }
}

v1::StudySnapshot SnapshotOf(const StudyState& state) {
  v1::StudySnapshot snapshot;
  space::SpaceToMessage(state.space, snapshot.mutable_space());
  *snapshot.mutable_options() = state.options;
  snapshot.set_next_trial(state.fresh.next());
  snapshot.set_draws(state.fresh.draws());
  snapshot.set_generation(state.history.rounds);
  snapshot.set_asked(state.asked);
  AddTrials(state.space, state.queued, snapshot.mutable_queued());
  AddTrials(state.space, state.open, snapshot.mutable_open());
  for (const auto& [id, told] : state.history.told) {
    v1::Observation* observation = snapshot.add_told();
    observation->set_trial(id);
    space::ArchitectureToMessage(state.space, told.architecture, observation->mutable_architecture());
    observation->set_failed(told.failed);
    AddMetrics(told, observation->mutable_metrics());
  }
  state.algorithm->Save(snapshot.mutable_searcher());
  snapshot.mutable_searcher()->set_ended(state.ended);
  return snapshot;
}

}  // namespace nasshrink::search
