#include "search/objectives.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "space/additive_cost.h"
#include "space/cost.h"
#include "space/cost_windows.h"

namespace nasshrink::search {
namespace {

const Objective kKnown[] = {{"accuracy", false, false}, {"angle", false, false}, {"loss", true, false},
                            {"macs", true, true},       {"params", true, true},  {"latency_ms", true, true}};

const Objective* FindKnown(const std::string& metric) {
  const auto* found = std::find_if(std::begin(kKnown), std::end(kKnown),
                                   [&](const Objective& objective) { return objective.metric == metric; });
  return found == std::end(kKnown) ? nullptr : found;
}

base::Status CheckDirections(const v1::SearchOptions& search) {
  for (int at = 0; at < search.directions_size(); ++at) {
    const std::string field = fmt::format("search.directions[{}].metric", at);
    const std::string& name = search.directions(at).metric();
    if (FindKnown(name) != nullptr) {
      return base::Invalid(field, name, "names of the caller's own metrics", "the direction of the metric is fixed");
    }
    if (std::find(search.metrics().begin(), search.metrics().end(), name) == search.metrics().end()) {
      return base::Invalid(field, fmt::format("'{}'", name), "names in search.metrics",
                           "a direction is given for a metric that the search does not have");
    }
  }
  return {};
}

base::Result<Objective> ObjectiveOf(const v1::SearchOptions& search, int at) {
  const std::string& name = search.metrics(at);
  const std::string field = fmt::format("search.metrics[{}]", at);
  if (std::count(search.metrics().begin(), search.metrics().end(), name) > 1) {
    return base::Invalid(field, name, "each metric once", "is named twice");
  }
  if (const Objective* known = FindKnown(name)) {
    if (name == "latency_ms" && !search.has_latency()) {
      return base::Invalid(field, name, "latency_ms with a table in search.latency", "latencies are not known");
    }
    return *known;
  }
  for (const v1::MetricDirection& direction : search.directions()) {
    if (direction.metric() == name) return Objective{name, direction.minimise(), false};
  }
  return base::Invalid(field, name,
                       "accuracy, angle, loss, macs, params, latency_ms, or a metric of one's own that "
                       "search.directions says the direction of",
                       "names no metric a search ranks by");
}

}  // namespace

base::Result<std::vector<Objective>> ObjectivesOf(const v1::SearchOptions& search, bool several) {
  NASSHRINK_RETURN_IF_ERROR(CheckDirections(search));
  std::vector<Objective> objectives;
  for (int at = 0; at < search.metrics_size(); ++at) {
    NASSHRINK_ASSIGN_OR_RETURN(objectives.emplace_back(), ObjectiveOf(search, at));
  }
  if (objectives.empty()) {
    objectives.push_back(*FindKnown("accuracy"));
    if (several) objectives.push_back(*FindKnown(search.has_latency() ? "latency_ms" : "macs"));
  }
  if (several && objectives.size() < 2) {
    return base::Invalid("search.metrics", objectives[0].metric, "two metrics or more",
                         fmt::format("{} weighs several objectives against each other", search.algorithm()));
  }
  return objectives;
}

base::Result<CostObjectives> CostObjectives::Make(const space::Space& space, const std::vector<Objective>& objectives,
                                                  const v1::SearchOptions& search) {
  CostObjectives made;
  made.costs_.resize(objectives.size());
  for (size_t k = 0; k < objectives.size(); ++k) {
    if (!objectives[k].cost) continue;
    if (objectives[k].metric == "latency_ms") {
      auto latency = space::LatencyWindow(space, search.latency());
      if (!latency.ok()) return base::Status(latency.status()).Under("search.");
      made.costs_[k] = *std::move(latency);
      continue;
    }
    NASSHRINK_ASSIGN_OR_RETURN(const auto model, space::CostModel::Make(space));
    made.costs_[k] = {objectives[k].metric == "macs" ? space::MacsOf(model) : space::ParamsOf(model)};
  }
  return made;
}

std::optional<double> CostObjectives::Value(size_t objective, const space::ChildForm& form,
                                            const space::Architecture& child) const {
  const std::optional<space::CostWindow>& window = costs_[objective];
  if (!window) return std::nullopt;
  if (window->times == nullptr) return space::AmountOf(window->cost.name, form.Sum(window->cost, child));
  const auto time = window->times->Of(child);
  return time ? space::AmountOf(window->cost.name, *time) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace nasshrink::search
