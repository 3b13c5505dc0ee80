// What a plan will take in memory and time, found by rehearsing its stages.
//
// Stages are taken in order on the space as the plan gives it: what a shrink stage will drop is not known, so later
// stages are estimated as if nothing were dropped. A retrained child is the one with most multiply-adds.
#ifndef NASSHRINK_RUN_PLAN_ESTIMATE_H_
#define NASSHRINK_RUN_PLAN_ESTIMATE_H_

#include <cstdint>
#include <memory>

#include "base/cancel.h"
#include "base/status.h"
#include "nasshrink/v1/estimate.pb.h"
#include "nasshrink/v1/plan.pb.h"
#include "run/backend.h"
#include "space/space.h"

namespace nasshrink::run {

struct EstimateRequest {
  // Checked (ValidatePlan, CheckPlanFits), as is that the data set fits.
  const v1::RunPlan* plan = nullptr;
  const space::Space* space = nullptr;
  Backend* backend = nullptr;
  // nullptr for a table back end.
  std::shared_ptr<Dataset> dataset;
  // Bytes; 0 is what the machine has left.
  uint64_t memory_limit = 0;
  std::shared_ptr<const base::Cancel> cancel;
};

base::Result<v1::PlanEstimate> EstimatePlan(const EstimateRequest& request);

// RESOURCE_EXHAUSTED with both numbers when the plan needs more than `memory_limit`.
base::Status CheckMemory(const v1::PlanEstimate& estimate, uint64_t memory_limit);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_PLAN_ESTIMATE_H_
