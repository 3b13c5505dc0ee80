#include "capi/log.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "capi/text.h"
#include "capi/timeout.h"

namespace nasshrink::capi {
namespace {

constexpr const char* kLevels[] = {"debug", "info", "warning", "error"};

}  // namespace

base::Result<int32_t> LogLevelOf(const std::string& name) {
  if (name.empty()) return NASSHRINK_LOG_WARNING;
  const auto* const found = std::find(std::begin(kLevels), std::end(kLevels), name);
  if (found != std::end(kLevels)) return static_cast<int32_t>(found - std::begin(kLevels));
  return base::Invalid("log_level", name, "debug, info, warning or error", "names no level");
}

void Log::Write(int32_t level, std::string_view text) {
  if (level < level_) return;
  v1::LogRecord record;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  record.set_time_ms(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  record.set_level(kLevels[level]);
  record.set_text(Utf8Of(text));
  {
    const std::lock_guard<std::mutex> lock(sink_mutex_);
    const nasshrink_log_sink& sink = sink_.sink();
    if (sink.write != nullptr && level >= sink.min_level) {
      const std::string bytes = record.SerializeAsString();
      sink.write(sink.user_data, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    }
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  records_.push_back(std::move(record));
  if (records_.size() > kKept) records_.pop_front();
  changed_.notify_one();
}

std::optional<v1::LogRecord> Log::Next(int64_t timeout_ms) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto there = [this] { return !records_.empty(); };
  if (WaitsForEver(timeout_ms)) {
    changed_.wait(lock, there);
  } else if (!changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), there)) {
    return std::nullopt;
  }
  v1::LogRecord record = std::move(records_.front());
  records_.pop_front();
  return record;
}

}  // namespace nasshrink::capi
