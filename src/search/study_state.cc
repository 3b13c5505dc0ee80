#include "search/study_state.h"

#include <cmath>
#include <set>
#include <string>

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

// The observation's numbers, with the one ranked by picked out.
base::Result<Told> ReadMetrics(const Settings& settings, const v1::Observation& observation) {
  Told told;
  told.failed = observation.failed();
  if (told.failed) return told;
  bool found = false;
  for (const v1::NamedValue& value : observation.metrics()) {
    if (value.name() == settings.metric) {
      if (found) {
        return base::Invalid("metrics", value.name(), "each name once", "a metric is told twice");
      }
      found = true;
      told.metric = value.value();
    }
    told.metrics.push_back(value);
  }
  if (!found) {
    return base::Invalid("metrics", fmt::format("{} values", observation.metrics_size()),
                         fmt::format("one named '{}'", settings.metric),
                         "the metric that the study ranks by is missing");
  }
  if (std::isnan(told.metric)) {
    told.failed = true;
    told.metrics.clear();
  }
  return told;
}

// The number and architecture of a trial that was asked for.
base::Result<std::pair<uint64_t, Architecture>> FindTrial(const StudyState& state, const v1::Observation& observation) {
  const uint64_t id = observation.trial();
  if (state.told.count(id) != 0) {
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
  const auto known = state.numbers.find(architecture);
  if (known == state.numbers.end()) {
    if (!state.fresh.Meets(architecture)) {
      return base::Invalid("architecture", space::CodesOf(state.space, architecture),
                           "children that meet the study's constraints",
                           "the architecture does not meet the constraints");
    }
    return std::pair(next, std::move(architecture));
  }
  if (state.told.count(known->second) != 0) {
    return base::Error(base::Code::kAlreadyExists, "architecture {} has already been told",
                       space::CodesOf(state.space, architecture));
  }
  if (state.open.count(known->second) != 0) {
    return base::Invalid("trial", 0, fmt::format("{}", known->second), "the architecture is that of an open trial");
  }
  return std::pair(known->second, std::move(architecture));
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
  if (id == 0 || id >= state->next_trial) {
    return Torn(fmt::format("trial {} is not below {}", id, state->next_trial));
  }
  if (!state->fresh.Take(*architecture)) {
    return Torn(fmt::format("trial {} is there twice or does not meet the constraints", id));
  }
  state->numbers.emplace(*architecture, id);
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
    auto told = ReadMetrics(state->settings, observation);
    if (!told.ok()) return Torn(told.status().message());
    told->architecture = std::move(architecture);
    if (!state->told.emplace(observation.trial(), *std::move(told)).second) {
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
  if (auto costs = space::CostModel::Make(space); costs.ok()) state->costs = *std::move(costs);
  return state;
}

base::Result<std::unique_ptr<StudyState>> StudyState::Restore(const v1::StudySnapshot& snapshot) {
  NASSHRINK_ASSIGN_OR_RETURN(const auto space, space::SpaceFromMessage(snapshot.space()));
  NASSHRINK_ASSIGN_OR_RETURN(auto state, Make(space, snapshot.options()));
  state->next_trial = snapshot.next_trial();
  state->asked = snapshot.asked();
  state->generation = snapshot.generation();
  state->fresh.set_draws(snapshot.draws());
  NASSHRINK_RETURN_IF_ERROR(ReadTrials(snapshot.queued(), state.get(), &state->queued));
  NASSHRINK_RETURN_IF_ERROR(ReadTrials(snapshot.open(), state.get(), &state->open));
  NASSHRINK_RETURN_IF_ERROR(ReadTold(snapshot, state.get()));
  const uint64_t children = state->queued.size() + state->open.size() + state->told.size();
  if (children + 1 != state->next_trial) {
    return Torn(fmt::format("{} children are there, {} are numbered", children, state->next_trial - 1));
  }
  if (state->asked < state->open.size() || state->asked > state->open.size() + state->told.size()) {
    return Torn(fmt::format("{} trials cannot have been asked for", state->asked));
  }
  return state;
}

base::Result<std::vector<std::pair<uint64_t, Told>>> PlanTelling(const StudyState& state,
                                                                 const v1::ObservationList& observations) {
  std::vector<std::pair<uint64_t, Told>> planned;
  std::set<Architecture> told_now;
  uint64_t next = state.next_trial;
  for (int at = 0; at < observations.observations_size(); ++at) {
    const v1::Observation& observation = observations.observations(at);
    const std::string prefix = fmt::format("observations[{}].", at);
    auto found = observation.trial() != 0 ? FindTrial(state, observation) : FindWarmStart(state, observation, next);
    if (!found.ok()) return base::Status(found.status()).Under(prefix);
    auto told = ReadMetrics(state.settings, observation);
    if (!told.ok()) return base::Status(told.status()).Under(prefix);
    if (!told_now.insert(found->second).second) {
      return base::Error(base::Code::kAlreadyExists, "{}trial: the child is told twice", prefix);
    }
    if (found->first == next) ++next;
    told->architecture = std::move(found->second);
    planned.emplace_back(found->first, *std::move(told));
  }
  return planned;
}

v1::StudySnapshot SnapshotOf(const StudyState& state) {
  v1::StudySnapshot snapshot;
  space::SpaceToMessage(state.space, snapshot.mutable_space());
  *snapshot.mutable_options() = state.options;
  snapshot.set_next_trial(state.next_trial);
  snapshot.set_draws(state.fresh.draws());
  snapshot.set_generation(state.generation);
  snapshot.set_asked(state.asked);
  AddTrials(state.space, state.queued, snapshot.mutable_queued());
  AddTrials(state.space, state.open, snapshot.mutable_open());
  for (const auto& [id, told] : state.told) {
    v1::Observation* observation = snapshot.add_told();
    observation->set_trial(id);
    space::ArchitectureToMessage(state.space, told.architecture, observation->mutable_architecture());
    observation->set_failed(told.failed);
    for (const v1::NamedValue& value : told.metrics) *observation->add_metrics() = value;
  }
  return snapshot;
}

}  // namespace nasshrink::search
