// Follows a run to its end by polling: events become lines, progress becomes a bar.
#ifndef NASSHRINK_TOOLS_FOLLOW_H_
#define NASSHRINK_TOOLS_FOLLOW_H_

#include "handles.h"
#include "nasshrink/v1/plan.pb.h"
#include "progress.h"

namespace nasshrink::tools {

struct Followed {
  Outcome outcome;
  v1::RunResult result;           // empty unless the run finished
  Json seconds = Json::object();  // by stage, of stages that ended while we followed
  v1::EpochFinished epoch;        // the last one
};

// `trains` is false for a run on a table of accuracies, whose epochs have no loss and no speed to tell.
Followed Follow(nasshrink_run* run, Progress* progress, bool trains);

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_FOLLOW_H_
