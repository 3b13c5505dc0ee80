// Opens the torch back end, a library of its own, when training is first asked for.
#ifndef NASSHRINK_RUN_BACKEND_LOADER_H_
#define NASSHRINK_RUN_BACKEND_LOADER_H_

#include <memory>
#include <string>

#include "base/status.h"
#include "run/backend.h"

namespace nasshrink::run {

// Opens libnasshrink_torch.so in `folder`, or for "" in the folder this code was loaded from, and creates a back end.
// The library stays loaded for the life of the process. FAILED_PRECONDITION when it is missing, cannot be loaded, or
// does not fit (interface version; LibTorch of another minor version than it was built against): the message says
// what was found and what to do.
base::Result<std::shared_ptr<Backend>> OpenTorchBackend(const std::string& folder, const BackendOptions& options);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_BACKEND_LOADER_H_
