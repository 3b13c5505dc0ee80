// What children are compared by: the metrics a study is told, and costs that it calculates itself.
#ifndef NASSHRINK_SEARCH_OBJECTIVES_H_
#define NASSHRINK_SEARCH_OBJECTIVES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/plan.pb.h"
#include "space/child_filter.h"
#include "space/child_form.h"
#include "space/space.h"

namespace nasshrink::search {

struct Objective {
  std::string metric;
  bool minimise = false;
  // Calculated from the architecture where it is not told: "macs", "params" or "latency_ms".
  bool cost = false;

  // The value turned so that less is better.
  double Turned(double value) const { return minimise ? value : -value; }
};

// One for each of the options' metrics; "accuracy" where none are given, with "latency_ms" or, without a latency table,
// "macs" for an algorithm of several objectives. INVALID_ARGUMENT naming the metric.
base::Result<std::vector<Objective>> ObjectivesOf(const v1::SearchOptions& search, bool several);

// The costs among the objectives, of any child.
class CostObjectives {
 public:
  // Errors as space/cost.h and space/cost_windows.h.
  static base::Result<CostObjectives> Make(const space::Space& space, const std::vector<Objective>& objectives,
                                           const v1::SearchOptions& search);
  // Nothing for an objective that is no cost, NaN for a child whose latency was not measured.
  std::optional<double> Value(size_t objective, const space::ChildForm& form, const space::Architecture& child) const;

 private:
  std::vector<std::optional<space::CostWindow>> costs_;  // by objective
};

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_OBJECTIVES_H_
