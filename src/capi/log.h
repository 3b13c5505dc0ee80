// The log of a context: to the caller's sink, and kept for whoever pulls records.
#ifndef NASSHRINK_CAPI_LOG_H_
#define NASSHRINK_CAPI_LOG_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "nasshrink.h"
#include "nasshrink/v1/context.pb.h"

namespace nasshrink::capi {

// NASSHRINK_LOG_* of a level's name; "" is a warning.
base::Result<int32_t> LogLevelOf(const std::string& name);

// A sink's user_data, destroyed exactly once.
class LogSink {
 public:
  LogSink() = default;
  explicit LogSink(const nasshrink_log_sink& sink) : sink_(sink) {}
  LogSink(LogSink&& other) noexcept : sink_(other.sink_) { other.sink_ = {}; }
  LogSink& operator=(LogSink&&) = delete;
  ~LogSink() {
    if (sink_.destroy != nullptr) sink_.destroy(sink_.user_data);
  }
  const nasshrink_log_sink& sink() const { return sink_; }

 private:
  nasshrink_log_sink sink_ = {};
};

// Thread-safe.
class Log {
 public:
  Log(int32_t level, LogSink sink) : level_(level), sink_(std::move(sink)) {}

  void Write(int32_t level, std::string_view text);
  // The oldest record not taken yet; nothing after `timeout_ms` (negative waits for ever).
  std::optional<v1::LogRecord> Next(int64_t timeout_ms);

 private:
  static constexpr size_t kKept = 1024;

  const int32_t level_;
  std::mutex sink_mutex_;
  LogSink sink_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<v1::LogRecord> records_;
};

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_LOG_H_
