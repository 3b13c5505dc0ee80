#include "space/additive_cost.h"

#include <cmath>
#include <set>
#include <utility>

namespace nasshrink::space {
namespace {

constexpr double kMaxMilliseconds = 1e9;
constexpr double kNanosecondsPerMillisecond = 1e6;

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

base::Result<int64_t> Nanoseconds(double milliseconds, const std::string& field) {
  if (milliseconds >= 0 && milliseconds <= kMaxMilliseconds) {
    return static_cast<int64_t>(std::llround(milliseconds * kNanosecondsPerMillisecond));
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

}  // namespace

AdditiveCost MacsOf(const CostModel& model) { return From(model, "macs", &OperatorCost::macs); }
double AmountOf(std::string_view cost, int64_t units) {
  return cost == "latency_ms" ? static_cast<double>(units) / kNanosecondsPerMillisecond : static_cast<double>(units);
}

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
  NASSHRINK_ASSIGN_OR_RETURN(cost.fixed, Nanoseconds(table.fixed_ms(), "latency.fixed_ms"));
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
    NASSHRINK_ASSIGN_OR_RETURN(row[entry.candidate()], Nanoseconds(entry.mean_ms(), field + ".mean_ms"));
  }
  NASSHRINK_RETURN_IF_ERROR(CheckComplete(space, cost, kUnknown));
  return cost;
}

}  // namespace nasshrink::space
