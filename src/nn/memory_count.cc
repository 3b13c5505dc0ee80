#include "nn/memory_count.h"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <memory>

namespace nasshrink::nn {
namespace {

// torch tells a thread's profiler of every block; this one only adds up.
class Reporter final : public c10::MemoryReportingInfoBase {
 public:
  explicit Reporter(MemoryCount& count) : count_(count) {}
  void reportMemoryUsage(void* /*block*/, int64_t size, size_t /*allocated*/, size_t /*reserved*/,
                         c10::Device /*device*/) override {
    if (size >= 0) {
      count_.Add(static_cast<uint64_t>(size));
    } else {
      count_.Remove(static_cast<uint64_t>(-size));
    }
  }
  bool memoryProfilingEnabled() const override { return true; }

 private:
  MemoryCount& count_;
};

}  // namespace

void MemoryCount::Add(uint64_t bytes) {
  const int64_t held = held_ += static_cast<int64_t>(bytes);
  int64_t peak = peak_;
  while (held > peak && !peak_.compare_exchange_weak(peak, held)) {
  }
}

base::Status WithTorchCounted(MemoryCount& count, const std::function<base::Status()>& job) {
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, std::make_shared<Reporter>(count));
  return job();
}

}  // namespace nasshrink::nn
