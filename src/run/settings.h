// Settings as text: "path=value" applied to the fields of a run plan.
//
// The messages use protobuf's lite runtime, which has no reflection, so the paths come from field tables in
// settings.cc. A path is a chain of field names as in the .proto files; a list takes an index or, for stages, the
// stage's key: "seed", "stages[0].train.options.epochs", "stages[search].search.options.trials".
#ifndef NASSHRINK_RUN_SETTINGS_H_
#define NASSHRINK_RUN_SETTINGS_H_

#include <string_view>
#include <utility>

#include "base/status.h"
#include "nasshrink/v1/plan.pb.h"

namespace nasshrink::run {

// "path=value" cut at the first "="; INVALID_ARGUMENT without one or with an empty path.
base::Result<std::pair<std::string_view, std::string_view>> SplitSetting(std::string_view setting);

// INVALID_ARGUMENT names the unknown field and the fields there are, or the value and what is allowed.
base::Status ApplySetting(std::string_view path, std::string_view value, v1::RunPlan* plan);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_SETTINGS_H_
