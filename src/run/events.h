// The events of a run, from its thread to whoever pulls them.
#ifndef NASSHRINK_RUN_EVENTS_H_
#define NASSHRINK_RUN_EVENTS_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "base/status.h"
#include "nasshrink/v1/plan.pb.h"

namespace nasshrink::run {

// Thread-safe. Events are kept until they are pulled.
class EventQueue {
 public:
  void Push(v1::RunEvent event);
  // No more events will come.
  void Close();
  // The next event; nothing after `timeout_ms` (negative waits for ever); OUT_OF_RANGE after the last one.
  base::Result<std::optional<v1::RunEvent>> Next(int64_t timeout_ms);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<v1::RunEvent> events_;
  bool closed_ = false;
};

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_EVENTS_H_
