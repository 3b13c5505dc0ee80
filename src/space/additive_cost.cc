#include "space/additive_cost.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "space/digits.h"

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

}  // namespace

AdditiveCost MacsOf(const CostModel& model) { return From(model, "macs", &OperatorCost::macs); }
AdditiveCost ParamsOf(const CostModel& model) { return From(model, "params", &OperatorCost::params); }

double AmountOf(std::string_view cost, int64_t units) {
  return cost == "latency_ms" ? static_cast<double>(units) / kNanosecondsPerMillisecond : static_cast<double>(units);
}

base::Result<int64_t> Nanoseconds(double milliseconds, const std::string& field) {
  if (milliseconds >= 0 && milliseconds <= kMaxMilliseconds) {
    return static_cast<int64_t>(std::llround(milliseconds * kNanosecondsPerMillisecond));
  }
  return base::Invalid(field, milliseconds, fmt::format("0..{:g} ms", kMaxMilliseconds), "the time is out of range");
}

CostEnds EndsOf(const Space& space, const AdditiveCost& cost) {
  const auto ends_of = [&](uint32_t choice) {
    const std::vector<int64_t>& row = cost.table[choice];
    CostEnds ends = {row[space.choices[choice].alive.front()], row[space.choices[choice].alive.front()]};
    for (const uint32_t candidate : space.choices[choice].alive) {
      ends = {std::min(ends.min, row[candidate]), std::max(ends.max, row[candidate])};
    }
    return ends;
  };
  CostEnds ends = {cost.fixed, cost.fixed};
  for (const Digit& digit : DigitsOf(space)) {
    CostEnds digit_ends = ends_of(digit.choice);
    for (size_t subset = 0; subset < digit.open.size(); ++subset) {
      CostEnds sum;
      for (const uint32_t choice : digit.open[subset]) {
        const CostEnds one = ends_of(choice);
        sum = {sum.min + one.min, sum.max + one.max};
      }
      digit_ends = subset == 0 ? sum : CostEnds{std::min(digit_ends.min, sum.min), std::max(digit_ends.max, sum.max)};
    }
    ends = {ends.min + digit_ends.min, ends.max + digit_ends.max};
  }
  return ends;
}

}  // namespace nasshrink::space
