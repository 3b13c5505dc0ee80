#include "run/retrain_child.h"

#include "run/options.h"
#include "space/edits.h"
#include "space/repeat_cells.h"
#include "space/scale_width.h"

namespace nasshrink::run {

base::Result<space::Space> ChildSpace(const space::Space& space, const space::Architecture& architecture,
                                      const v1::RetrainStage& stage) {
  v1::SpaceEdits edits;
  for (size_t choice = 0; choice < architecture.size(); ++choice) {
    v1::OperatorRef* pin = edits.add_pin();
    pin->set_choice(static_cast<uint32_t>(choice));
    pin->set_candidate(architecture[choice]);
  }
  NASSHRINK_ASSIGN_OR_RETURN(space::Space pinned, space::ApplyEdits(space, edits));
  if (stage.cells() != 0) {
    NASSHRINK_ASSIGN_OR_RETURN(pinned, space::RepeatCells(pinned, stage.cells()));
  }
  if (stage.scale_to_macs() != 0) {
    NASSHRINK_ASSIGN_OR_RETURN(pinned, space::ScaleToMacs(pinned, architecture, stage.scale_to_macs()));
  }
  return pinned;
}

base::Result<SupernetOptions> ChildOptions(const v1::RunPlan& plan, const v1::RetrainStage& stage) {
  NASSHRINK_ASSIGN_OR_RETURN(SupernetOptions options, ResolveSupernet(plan.supernet(), plan.seed()));
  options.stand_alone = true;
  options.auxiliary_head = stage.auxiliary_weight() > 0;
  return options;
}

base::Result<TrainOptions> ResolveRetrain(const v1::RetrainStage& stage) {
  NASSHRINK_ASSIGN_OR_RETURN(TrainOptions options, ResolveTrain(stage.options()));
  options.part = stage.use_all_training_images() ? Part::kTrainAndValidation : Part::kTrain;
  options.weight_average_decay = stage.weight_average_decay();
  options.auxiliary_weight = stage.auxiliary_weight();
  return options;
}

}  // namespace nasshrink::run
