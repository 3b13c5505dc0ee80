// Bytes that a supernet and its trainers hold beside its weights, and the most there were.
#ifndef NASSHRINK_NN_MEMORY_COUNT_H_
#define NASSHRINK_NN_MEMORY_COUNT_H_

#include <atomic>
#include <cstdint>
#include <functional>

#include "base/status.h"

namespace nasshrink::nn {

// Any thread.
class MemoryCount {
 public:
  void Add(uint64_t bytes);
  void Remove(uint64_t bytes) { held_ -= static_cast<int64_t>(bytes); }
  uint64_t peak() const { return static_cast<uint64_t>(peak_.load()); }

 private:
  std::atomic<int64_t> held_{0};
  std::atomic<int64_t> peak_{0};
};

// Runs `job` on the calling thread and counts what torch's CPU allocator hands out and takes back there.
base::Status WithTorchCounted(MemoryCount& count, const std::function<base::Status()>& job);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_MEMORY_COUNT_H_
