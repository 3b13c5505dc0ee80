#include "space/additive_cost.h"

#include <cmath>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace nasshrink::space {
namespace {

constexpr double kMaxMilliseconds = 1e9;
constexpr double kMicrosecondsPerMillisecond = 1000;

AdditiveCost From(const CostModel& model, const char* name, uint64_t OperatorCost::*member) {
  AdditiveCost cost;
  cost.name = name;
  cost.fixed = static_cast<int64_t>(model.fixed().*member);
  for (const std::vector<OperatorCost>& row : model.table()) {
    std::vector<int64_t> out;
    for (const OperatorCost& entry : row) out.push_back(static_cast<int64_t>(entry.*member));
    cost.table.push_back(std::move(out));
  }
  return cost;
}

base::Result<int64_t> Microseconds(double milliseconds, const std::string& field) {
  if (milliseconds >= 0 && milliseconds <= kMaxMilliseconds) {
    return static_cast<int64_t>(std::llround(milliseconds * kMicrosecondsPerMillisecond));
  }
  return base::Invalid(field, milliseconds, fmt::format("0..{:g} ms", kMaxMilliseconds), "the time is out of range");
}

base::Status CheckComplete(const Space& space, const AdditiveCost& cost, int64_t unknown) {
  for (size_t choice = 0; choice < space.choices.size(); ++choice) {
    for (const uint32_t candidate : space.choices[choice].alive) {
      if (cost.table[choice][candidate] != unknown) continue;
      return base::Invalid("latency.entries", fmt::format("choice {}, candidate {}", choice, candidate),
                           "a time for every alive candidate", "an alive candidate has no time");
    }
  }
  return {};
}

// Ends as whole units that lie inside; latencies are rounded to the nearest microsecond like the table.
int64_t End(const std::string& cost, double value, bool is_min) {
  if (cost == "latency_ms") {
    value = std::round(value * kMicrosecondsPerMillisecond);
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
  if (!constraint.has_min() && !constraint.has_max()) {
    return base::Invalid(field, "neither", "min, max or both", "a window needs an end");
  }
  if (constraint.has_min() && constraint.has_max() && constraint.min() > constraint.max()) {
    return base::Invalid(field + ".min", constraint.min(), fmt::format("up to {}", constraint.max()),
                         "the window is upside down");
  }
  return {};
}

}  // namespace

AdditiveCost MacsOf(const CostModel& model) { return From(model, "macs", &OperatorCost::macs); }
AdditiveCost ParamsOf(const CostModel& model) { return From(model, "params", &OperatorCost::params); }

base::Result<AdditiveCost> LatencyOf(const Space& space, const v1::LatencyTable& table) {
  constexpr int64_t kUnknown = -1;
  AdditiveCost cost;
  cost.name = "latency_ms";
  for (const Choice& choice : space.choices) {
    // What picks a node's inputs computes nothing itself.
    const bool picks = !choice.candidates.empty() && std::holds_alternative<EdgeSubset>(choice.candidates[0].body);
    cost.table.emplace_back(choice.candidates.size(), picks ? 0 : kUnknown);
  }
  NASSHRINK_ASSIGN_OR_RETURN(cost.fixed, Microseconds(table.fixed_ms(), "latency.fixed_ms"));
  std::set<std::pair<uint32_t, uint32_t>> given;
  for (int i = 0; i < table.entries_size(); ++i) {
    const v1::LatencyEntry& entry = table.entries(i);
    const std::string field = fmt::format("latency.entries[{}]", i);
    if (entry.choice() >= cost.table.size()) {
      return base::Invalid(field + ".choice", entry.choice(), fmt::format("0..{}", cost.table.size() - 1),
                           "names no choice");
    }
    std::vector<int64_t>& row = cost.table[entry.choice()];
    if (entry.candidate() >= row.size()) {
      return base::Invalid(field + ".candidate", entry.candidate(), fmt::format("below {}", row.size()),
                           "names no candidate");
    }
    if (!given.insert({entry.choice(), entry.candidate()}).second) {
      return base::Invalid(field, fmt::format("choice {}, candidate {}", entry.choice(), entry.candidate()),
                           "each candidate once", "the candidate has a time already");
    }
    NASSHRINK_ASSIGN_OR_RETURN(row[entry.candidate()], Microseconds(entry.mean_ms(), field + ".mean_ms"));
  }
  NASSHRINK_RETURN_IF_ERROR(CheckComplete(space, cost, kUnknown));
  return cost;
}

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
    windows.push_back(std::move(window));
  }
  return windows;
}

}  // namespace nasshrink::space
