#include "space/cost_windows.h"

#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "space/cost_quantile.h"
#include "space/latency_model.h"

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

// The cost of one window; latencies and the cost model are made once.
class WindowCosts {
 public:
  WindowCosts(const Space& space, const v1::LatencyTable* latency) : space_(space), latency_(latency) {}

  base::Status Set(const std::string& cost, const std::string& path, CostWindow* window);

 private:
  base::Status SetLatency(const std::string& path, CostWindow* window);

  const Space& space_;
  const v1::LatencyTable* latency_;
  std::optional<CostModel> model_;
};

base::Status WindowCosts::SetLatency(const std::string& path, CostWindow* window) {
  if (latency_ == nullptr) {
    return base::Invalid(path + ".cost", "latency_ms", "macs or params without a latency table",
                         "the window needs a latency table");
  }
  NASSHRINK_ASSIGN_OR_RETURN(*window, LatencyWindow(space_, *latency_));
  return {};
}

base::Status WindowCosts::Set(const std::string& cost, const std::string& path, CostWindow* window) {
  if (cost == "latency_ms") return SetLatency(path, window);
  if (cost != "macs" && cost != "params") {
    return base::Invalid(path + ".cost", cost, "macs, params or latency_ms", "names no cost");
  }
  if (!model_) {
    NASSHRINK_ASSIGN_OR_RETURN(model_, CostModel::Make(space_));
  }
  window->cost = cost == "macs" ? MacsOf(*model_) : ParamsOf(*model_);
  return {};
}

base::Result<int64_t> QuantileOf(const Space& space, const CostWindow& window, double share) {
  if (window.times != nullptr) return window.times->Quantile(share);
  return CostQuantile(space, window.cost, share);
}

}  // namespace

base::Result<CostWindow> LatencyWindow(const Space& space, const v1::LatencyTable& table) {
  CostWindow window;
  if (!table.has_children()) {
    NASSHRINK_ASSIGN_OR_RETURN(const LatencyModel latency, LatencyModel::Make(space, table));
    window.cost = latency.cost();
    return window;
  }
  NASSHRINK_ASSIGN_OR_RETURN(auto times, ChildTimes::Make(space, table));
  if (times.size() == 0) {
    return base::Invalid("latency.children_ms", table.children_ms_size(), "times of the space's children",
                         "none of the networks is a child of the space");
  }
  window.cost.name = "latency_ms";
  window.times = std::make_shared<const ChildTimes>(std::move(times));
  return window;
}

base::Result<std::vector<CostWindow>> WindowsOf(const Space& space,
                                                const google::protobuf::RepeatedPtrField<v1::Constraint>& constraints,
                                                const v1::LatencyTable* latency, std::string_view field) {
  std::vector<CostWindow> windows;
  WindowCosts costs(space, latency);
  for (int i = 0; i < constraints.size(); ++i) {
    const v1::Constraint& constraint = constraints[i];
    const std::string path = fmt::format("{}[{}]", field, i);
    NASSHRINK_RETURN_IF_ERROR(CheckConstraint(constraint, path));
    CostWindow window;
    NASSHRINK_RETURN_IF_ERROR(costs.Set(constraint.cost(), path, &window));
    if (constraint.has_min()) window.min = End(constraint.cost(), constraint.min(), true);
    if (constraint.has_max()) window.max = End(constraint.cost(), constraint.max(), false);
    if (constraint.has_min_quantile()) {
      NASSHRINK_ASSIGN_OR_RETURN(window.min, QuantileOf(space, window, constraint.min_quantile()));
    }
    if (constraint.has_max_quantile()) {
      NASSHRINK_ASSIGN_OR_RETURN(window.max, QuantileOf(space, window, constraint.max_quantile()));
    }
    windows.push_back(std::move(window));
  }
  return windows;
}

}  // namespace nasshrink::space
