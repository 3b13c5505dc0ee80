#include "space/child_times.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "space/additive_cost.h"
#include "space/architecture.h"
#include "space/child_rows.h"

namespace nasshrink::space {
namespace {

base::Status CheckShape(const Space& space, const v1::LatencyTable& table) {
  const v1::ArchitectureList& children = table.children();
  if (table.fixed_ms() != 0 || table.entries_size() > 0 || table.operators_size() > 0 || table.fixed_by_key()) {
    return base::Invalid("latency.children", children.candidates_size(), "whole networks or operators",
                         "a table holds one or the other");
  }
  NASSHRINK_RETURN_IF_ERROR(
      CheckRootFingerprint(space, children.root_fingerprint(), "latency.children.root_fingerprint"));
  if (children.choices() != space.choices.size()) {
    return base::Invalid("latency.children.choices", children.choices(), fmt::format("{}", space.choices.size()),
                         "the networks have another number of choices");
  }
  if (uint64_t{children.choices()} * static_cast<uint64_t>(table.children_ms_size()) !=
      static_cast<uint64_t>(children.candidates_size())) {
    return base::Invalid("latency.children_ms", table.children_ms_size(),
                         fmt::format("{}", children.candidates_size() / static_cast<int>(children.choices())),
                         "there is one time for each network");
  }
  return {};
}

base::Status CheckRow(const Space& space, const Architecture& row, const std::string& field) {
  for (size_t choice = 0; choice < row.size(); ++choice) {
    const size_t candidates = space.choices[choice].candidates.size();
    if (row[choice] < candidates) continue;
    return base::Invalid(field, row[choice], fmt::format("below {}", candidates),
                         fmt::format("choice '{}' has no such candidate", space.choices[choice].key));
  }
  return {};
}

}  // namespace

base::Result<ChildTimes> ChildTimes::Make(const Space& space, const v1::LatencyTable& table) {
  NASSHRINK_RETURN_IF_ERROR(CheckShape(space, table));
  NASSHRINK_ASSIGN_OR_RETURN(auto keys, ChildKeys::Make(space));
  ChildTimes times(std::move(keys));
  const ChildRows alive(space);
  std::set<ChildKey> seen;
  const auto width = static_cast<int>(space.choices.size());
  for (int i = 0; i < table.children_ms_size(); ++i) {
    const auto begin = table.children().candidates().begin() + i * width;
    const Architecture row(begin, begin + width);
    NASSHRINK_RETURN_IF_ERROR(CheckRow(space, row, fmt::format("latency.children.candidates[{}]", i * width)));
    const ChildKey key = times.keys_.KeyOf(row);
    if (!seen.insert(key).second) {
      return base::Invalid(fmt::format("latency.children_ms[{}]", i), table.children_ms(i), "each network once",
                           "the network has a time already");
    }
    NASSHRINK_ASSIGN_OR_RETURN(const int64_t time,
                               Nanoseconds(table.children_ms(i), fmt::format("latency.children_ms[{}]", i)));
    if (!alive.Contains(row.data())) continue;
    times.times_.emplace(key, time);
    times.ascending_.push_back(time);
  }
  std::sort(times.ascending_.begin(), times.ascending_.end());
  return times;
}

std::optional<int64_t> ChildTimes::Of(const Architecture& architecture) const {
  const auto found = times_.find(keys_.KeyOf(architecture));
  return found == times_.end() ? std::nullopt : std::optional(found->second);
}

int64_t ChildTimes::Quantile(double share) const {
  const double rank = std::ceil(share * static_cast<double>(ascending_.size()));
  return ascending_[std::min(ascending_.size() - 1, static_cast<size_t>(std::max(rank, 1.0)) - 1)];
}

}  // namespace nasshrink::space
