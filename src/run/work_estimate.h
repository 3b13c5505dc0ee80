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

// A training step costs about three forward passes: forward, and backward to inputs and to weights.
inline constexpr double kTrainingPasses = 3;

// Images that a stage passes through a child or a path of the supernet, each time counted.
struct StageImages {
  double trained = 0;    // forward and backward
  double evaluated = 0;  // forward alone
};

// None for a loop.
StageImages ImagesOf(const v1::Stage& stage, const DatasetInfo& dataset, const space::Space& space);

// Iterations that a loop which has done `iteration` will probably still take.
double LeftIterations(const v1::LoopStage& loop, const space::Space& space, uint32_t iteration);

// One stage; a loop with all the iterations it will probably take from `iteration` on.
double StageWork(const v1::Stage& stage, const DatasetInfo& dataset, const space::Space& space, uint32_t iteration);

// All that lies behind the stage that `state` stands at.
double WorkBehind(const v1::RunPlan& plan, const v1::RunState& state, const DatasetInfo& dataset,
                  const space::Space& space);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_WORK_ESTIMATE_H_
