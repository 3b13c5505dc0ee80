#include "space/cost_windows.h"

#include <cmath>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include "space/cost_quantile.h"

namespace nasshrink::space {
namespace {

constexpr double kNanosecondsPerMillisecond = 1e6;

// Ends as whole units that lie inside; latencies are rounded to the nearest nanosecond like the table.
int64_t End(const std::string& cost, double value, bool is_min) {
  if (cost == "latency_ms") {
    value = std::round(value * kNanosecondsPerMillisecond);
  } else {
    value = is_min ? std::ceil(value) : std::floor(value);
  }
  constexpr double kLimit = 9.2e18;
  if (value >= kLimit) return std::numeric_limits<int64_t>::max();
  if (value <= -kLimit) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

base::Status CheckConstraint(const v1::Constraint& constraint, const std::string& field) {
  for (const auto& [name, given, value] : {std::tuple{"min", constraint.has_min(), constraint.min()},
                                           std::tuple{"max", constraint.has_max(), constraint.max()}}) {
    if (!given || std::isfinite(value)) continue;
    return base::Invalid(fmt::format("{}.{}", field, name), value, "a finite number",
                         "the end of a window is not finite");
  }
  for (const auto& [name, given, share, instead] :
       {std::tuple{"min", constraint.has_min_quantile(), constraint.min_quantile(), constraint.has_min()},
        std::tuple{"max", constraint.has_max_quantile(), constraint.max_quantile(), constraint.has_max()}}) {
    if (!given) continue;
    const std::string path = fmt::format("{}.{}_quantile", field, name);
    if (!(share > 0 && share <= 1)) return base::Invalid(path, share, "above 0, up to 1", "is no share of children");
    if (instead) {
      return base::Invalid(path, share, fmt::format("{0} or {0}_quantile", name), "the window has that end twice");
    }
  }
  if (!constraint.has_min() && !constraint.has_max() && !constraint.has_min_quantile() &&
      !constraint.has_max_quantile()) {
    return base::Invalid(field, "neither", "min, max or both", "a window needs an end");
  }
  if (constraint.has_min() && constraint.has_max() && constraint.min() > constraint.max()) {
    return base::Invalid(field + ".min", constraint.min(), fmt::format("up to {}", constraint.max()),
                         "the window is upside down");
  }
  return {};
}

}  // namespace

base::Result<std::vector<CostWindow>> WindowsOf(const Space& space,
                                                const google::protobuf::RepeatedPtrField<v1::Constraint>& constraints,
                                                const v1::LatencyTable* latency, std::string_view field) {
  std::vector<CostWindow> windows;
  std::optional<CostModel> model;
  for (int i = 0; i < constraints.size(); ++i) {
    const v1::Constraint& constraint = constraints[i];
    const std::string path = fmt::format("{}[{}]", field, i);
    NASSHRINK_RETURN_IF_ERROR(CheckConstraint(constraint, path));
    CostWindow window;
    if (constraint.cost() == "latency_ms") {
      if (latency == nullptr) {
        return base::Invalid(path + ".cost", constraint.cost(), "macs or params without a latency table",
                             "the window needs a latency table");
      }
      NASSHRINK_ASSIGN_OR_RETURN(window.cost, LatencyOf(space, *latency));
    } else if (constraint.cost() == "macs" || constraint.cost() == "params") {
      if (!model) {
        NASSHRINK_ASSIGN_OR_RETURN(model, CostModel::Make(space));
      }
      window.cost = constraint.cost() == "macs" ? MacsOf(*model) : ParamsOf(*model);
    } else {
      return base::Invalid(path + ".cost", constraint.cost(), "macs, params or latency_ms", "names no cost");
    }
    if (constraint.has_min()) window.min = End(constraint.cost(), constraint.min(), true);
    if (constraint.has_max()) window.max = End(constraint.cost(), constraint.max(), false);
    if (constraint.has_min_quantile()) {
      NASSHRINK_ASSIGN_OR_RETURN(window.min, CostQuantile(space, window.cost, constraint.min_quantile()));
    }
    if (constraint.has_max_quantile()) {
      NASSHRINK_ASSIGN_OR_RETURN(window.max, CostQuantile(space, window.cost, constraint.max_quantile()));
    }
    windows.push_back(std::move(window));
  }
  return windows;
}

}  // namespace nasshrink::space
