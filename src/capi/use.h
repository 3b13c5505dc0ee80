// Notices calls that overlap on a thread-compatible object: many readers or one writer, never waiting.
#ifndef NASSHRINK_CAPI_USE_H_
#define NASSHRINK_CAPI_USE_H_

#include <atomic>
#include <cstdint>

#include "base/status.h"

namespace nasshrink::capi {

class UseCount {
 public:
  bool BeginRead() {
    int32_t users = users_.load(std::memory_order_relaxed);
    while (users >= 0) {
      if (users_.compare_exchange_weak(users, users + 1, std::memory_order_acquire)) return true;
    }
    return false;
  }
  void EndRead() { users_.fetch_sub(1, std::memory_order_release); }
  bool BeginWrite() {
    int32_t none = 0;
    return users_.compare_exchange_strong(none, -1, std::memory_order_acquire);
  }
  void EndWrite() { users_.store(0, std::memory_order_release); }

 private:
  std::atomic<int32_t> users_{0};  // -1: a writer
};

enum class Access : uint8_t { kRead, kWrite };

// The use of an object for the length of a scope. Check status() first.
class Use {
 public:
  Use(UseCount& count, Access access, const char* noun)
      : count_(count), access_(access), held_(access == Access::kRead ? count.BeginRead() : count.BeginWrite()) {
    if (!held_) status_ = base::Error(base::Code::kFailedPrecondition, "another call is using this {}", noun);
  }
  ~Use() {
    if (!held_) return;
    if (access_ == Access::kRead) {
      count_.EndRead();
    } else {
      count_.EndWrite();
    }
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  const base::Status& status() const { return status_; }

 private:
  UseCount& count_;
  Access access_;
  bool held_;
  base::Status status_;
};

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_USE_H_
