// Detects a process that was forked from one that already used the library.
//
// Threads do not survive fork, so a child that inherits a pool, a run or a torch thread would wait for ever. The mark
// is set by a pthread_atfork handler that the first check installs; a child that execs, or that was forked before the
// first check, is not affected.
#ifndef NASSHRINK_BASE_FORK_GUARD_H_
#define NASSHRINK_BASE_FORK_GUARD_H_

#include "base/status.h"

namespace nasshrink::base {

// FAILED_PRECONDITION in a forked child of a process that called this before; OK otherwise. Any thread.
Status CheckNotForked();

}  // namespace nasshrink::base

#endif  // NASSHRINK_BASE_FORK_GUARD_H_
