#include "run/events.h"

#include <chrono>
#include <utility>

namespace nasshrink::run {

void EventQueue::Push(v1::RunEvent event) {
  const std::lock_guard<std::mutex> lock(mutex_);
  events_.push_back(std::move(event));
  changed_.notify_one();
}

void EventQueue::Close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

base::Result<std::optional<v1::RunEvent>> EventQueue::Next(int64_t timeout_ms) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto ready = [this] { return closed_ || !events_.empty(); };
  if (timeout_ms < 0) {
    changed_.wait(lock, ready);
  } else if (!changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), ready)) {
    return std::optional<v1::RunEvent>();
  }
  if (events_.empty()) return base::Error(base::Code::kOutOfRange, "the run has ended and all its events are read");
  std::optional<v1::RunEvent> event(std::move(events_.front()));
  events_.pop_front();
  return event;
}

}  // namespace nasshrink::run
