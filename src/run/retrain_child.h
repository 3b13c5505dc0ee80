// What a retrain stage trains: the child's network and the options of its training.
#ifndef NASSHRINK_RUN_RETRAIN_CHILD_H_
#define NASSHRINK_RUN_RETRAIN_CHILD_H_

#include "base/status.h"
#include "nasshrink/v1/plan.pb.h"
#include "run/backend.h"
#include "space/space.h"

namespace nasshrink::run {

// The space with the child as its only one, of the stage's depth and width.
base::Result<space::Space> ChildSpace(const space::Space& space, const space::Architecture& architecture,
                                      const v1::RetrainStage& stage);

// A network that is trained alone, with the plan's initial values.
base::Result<SupernetOptions> ChildOptions(const v1::RunPlan& plan, const v1::RetrainStage& stage);

// As ResolveTrain, and what the stage says beside its options.
base::Result<TrainOptions> ResolveRetrain(const v1::RetrainStage& stage);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_RETRAIN_CHILD_H_
