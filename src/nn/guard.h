// The border between our code and torch: whatever is thrown inside becomes a Status.
//
// Every entry from outside into code that may call torch goes through Guarded. Nothing else in nn/ catches.
#ifndef NASSHRINK_NN_GUARD_H_
#define NASSHRINK_NN_GUARD_H_

#include <functional>

#include "base/status.h"

namespace nasshrink::nn {

// Runs `body`; an exception becomes RESOURCE_EXHAUSTED (out of memory) or INTERNAL with its first line.
base::Status Guarded(const std::function<base::Status()>& body) noexcept;

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_GUARD_H_
