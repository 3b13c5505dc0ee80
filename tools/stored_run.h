// Going on with a run that is in a folder: what it was started with, and a context that fits it.
#ifndef NASSHRINK_TOOLS_STORED_RUN_H_
#define NASSHRINK_TOOLS_STORED_RUN_H_

#include <string>

#include "handles.h"
#include "nasshrink/v1/plan.pb.h"
#include "shared_options.h"

namespace nasshrink::tools {

// False for a folder that holds no run; a damaged one ends the program.
bool HoldsRun(const nasshrink_context* context, const std::string& folder);
v1::RunProgress StatusOfRun(const nasshrink_context* context, const std::string& folder);

// With torch's threads as the run was started with. Ends the program when --threads asks for another number, which
// changes the result; `any_machine` allows it.
Context ContextOfRun(const SharedOptions& shared, const std::string& folder, bool any_machine);

Run ResumeRun(nasshrink_context* context, const std::string& folder, bool any_machine, nasshrink_dataset* dataset,
              nasshrink_cancel* cancel);

// Ends the program unless the run in the folder was started with this plan.
void CheckSamePlan(const nasshrink_context* context, const std::string& folder, const v1::RunPlan& plan);

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_STORED_RUN_H_
