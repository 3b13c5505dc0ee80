// How much work is left in a plan, in images passed forward through a child: what progress and time left come from.
//
// An estimate for people. Nothing that is decided or stored as a result may depend on it.
#ifndef NASSHRINK_RUN_WORK_ESTIMATE_H_
#define NASSHRINK_RUN_WORK_ESTIMATE_H_

#include "nasshrink/v1/plan.pb.h"
#include "nasshrink/v1/run_state.pb.h"
#include "run/backend.h"
#include "space/space.h"

namespace nasshrink::run {

// One stage; a loop with all the iterations it will probably take from `iteration` on.
double StageWork(const v1::Stage& stage, const DatasetInfo& dataset, const space::Space& space, uint32_t iteration);

// All that lies behind the stage that `state` stands at.
double WorkBehind(const v1::RunPlan& plan, const v1::RunState& state, const DatasetInfo& dataset,
                  const space::Space& space);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_WORK_ESTIMATE_H_
