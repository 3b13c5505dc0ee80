// A plan as a tree of its settings, for people to read: only what was set, under the names of the messages.
#ifndef NASSHRINK_RUN_REPORT_PLAN_H_
#define NASSHRINK_RUN_REPORT_PLAN_H_

#include <nlohmann/json.hpp>

#include "nasshrink/v1/plan.pb.h"

namespace nasshrink::run {

// The space is left out: a report draws it. Long lists (a truth table, latencies) are given by their length.
nlohmann::ordered_json PlanTree(const v1::RunPlan& plan);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_REPORT_PLAN_H_
