// Checks a run plan before anything is started.
//
// A plan may say more than this version carries out: stages of PAD-NAS, SE-NAS and AutoSpace are well-formed messages
// that are answered with UNIMPLEMENTED here, naming the stage.
#ifndef NASSHRINK_RUN_PLAN_H_
#define NASSHRINK_RUN_PLAN_H_

#include <string>

#include "base/status.h"
#include "nasshrink/v1/plan.pb.h"
#include "space/space.h"

namespace nasshrink::run {

// INVALID_ARGUMENT for a plan that means nothing (field path named), UNIMPLEMENTED for one that is beyond this
// version. The space itself is checked by space/codec.h when the run starts.
base::Status ValidatePlan(const v1::RunPlan& plan);

// What a valid plan asks of its space's network: INVALID_ARGUMENT, before anything is trained.
base::Status CheckPlanFits(const v1::RunPlan& plan, const space::Space& space);

// "train", "score", "shrink", "expand", "evolve", "search", "reset_base", "retrain", "export", "loop", "deepen",
// "derive"; "" for none.
const char* StageKind(const v1::Stage& stage);

// The stage's key; without one its kind, numbered from the second unnamed stage of that kind in its list ("train2").
std::string StageName(const google::protobuf::RepeatedPtrField<v1::Stage>& stages, int index);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_PLAN_H_
