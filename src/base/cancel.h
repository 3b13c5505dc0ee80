// A one-way latch that stops work at the next step boundary.
//
// Trigger is async-signal-safe: one lock-free atomic store. A latch may follow another one, so that a run stops both
// when it is cancelled itself and when its caller's latch is triggered.
#ifndef NASSHRINK_BASE_CANCEL_H_
#define NASSHRINK_BASE_CANCEL_H_

#include <atomic>
#include <memory>
#include <utility>

namespace nasshrink::base {

class Cancel {
 public:
  Cancel() = default;
  explicit Cancel(std::shared_ptr<const Cancel> follows) : follows_(std::move(follows)) {}

  void Trigger() { triggered_.store(true, std::memory_order_release); }
  bool triggered() const {
    return triggered_.load(std::memory_order_acquire) || (follows_ != nullptr && follows_->triggered());
  }

 private:
  static_assert(std::atomic<bool>::is_always_lock_free);
  std::atomic<bool> triggered_{false};
  std::shared_ptr<const Cancel> follows_;
};

// True when there is a latch and it is triggered.
inline bool Triggered(const Cancel* cancel) { return cancel != nullptr && cancel->triggered(); }

}  // namespace nasshrink::base

#endif  // NASSHRINK_BASE_CANCEL_H_
