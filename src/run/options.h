// Options messages turned into the plain options of run/backend.h: defaults filled in, ranges checked.
//
// Errors are INVALID_ARGUMENT and name the field by its path inside the message; callers prefix where the message
// itself sits (Status::Under). Nothing here looks at a space, a data set or weights.
#ifndef NASSHRINK_RUN_OPTIONS_H_
#define NASSHRINK_RUN_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/context.pb.h"
#include "nasshrink/v1/plan.pb.h"
#include "nasshrink/v1/score.pb.h"
#include "run/backend.h"

namespace nasshrink::run {

base::Result<DatasetOptions> ResolveDataset(const v1::DatasetOptions& message);
void DatasetOptionsToMessage(const DatasetOptions& options, v1::DatasetOptions* message);
void DatasetToMessage(const DatasetInfo& info, v1::DatasetSummary* message);

// A seed of 0 in the message takes `plan_seed`.
base::Result<SupernetOptions> ResolveSupernet(const v1::SupernetOptions& message, uint64_t plan_seed);
base::Result<InheritOptions> ResolveInherit(const v1::InheritOptions& message);
// Everything of the summary but the space.
void SupernetToMessage(const SupernetInfo& info, v1::SupernetSummary* message);

// INVALID_ARGUMENT where the space has no edges whose operators `drop_path` could drop.
base::Status CheckDropPath(const v1::TrainOptions& message, const space::Space& space);

// Checks and fills everything but `draw`, the cost's table, the seed, the part and the schedule's length and pace.
// Strategies that this version has not are UNIMPLEMENTED.
base::Result<TrainOptions> ResolveTrain(const v1::TrainOptions& message);
// Sets `draw` where the message constrains the sampled paths, and the table of a cost that it asks for. Errors as
// space::WindowsOf and FeasibleSet::Make; FAILED_PRECONDITION when the windows exclude everything.
base::Status ResolvePaths(const v1::TrainOptions& message, const space::Space& space, TrainOptions* options);
// A trainer driven by the caller's own batches.
base::Result<TrainOptions> ResolveTrainer(const v1::TrainerOptions& message, const space::Space& space);

base::Result<EvaluateOptions> ResolveEvaluate(const v1::EvaluateOptions& message);

// The message a trainer's step is reported by. `choices` is the row length of its architectures.
void StepToMessage(const StepOutcome& outcome, uint32_t choices, v1::StepReport* message);

// INVALID_ARGUMENT naming what is allowed when `value` is not among `names`.
base::Status CheckName(std::string_view field, std::string_view value, const std::vector<std::string>& names);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_OPTIONS_H_
