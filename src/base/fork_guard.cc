#include "base/fork_guard.h"

#include <pthread.h>

#include <atomic>
#include <mutex>

namespace nasshrink::base {
namespace {

std::atomic<bool> forked{false};
std::once_flag installed;

void MarkChild() { forked.store(true, std::memory_order_relaxed); }

}  // namespace

Status CheckNotForked() {
  std::call_once(installed, [] { pthread_atfork(nullptr, nullptr, &MarkChild); });
  if (!forked.load(std::memory_order_relaxed)) return {};
  return Status(Code::kFailedPrecondition,
                "this process was forked after the library was first used; use it after exec, or before it is used "
                "in the parent");
}

}  // namespace nasshrink::base
