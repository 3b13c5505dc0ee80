#include "nn/buffer_pool.h"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace nasshrink::nn {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kGranule = 4096;

}  // namespace

BufferPool::Buffer BufferPool::Take(size_t count) {
  const size_t bytes = (count * sizeof(float) + kGranule - 1) / kGranule * kGranule;
  const auto found = free_.lower_bound(bytes);
  if (found != free_.end() && found->first <= bytes + bytes / 4) {
    Buffer buffer(this, found->second, found->first);
    free_.erase(found);
    return buffer;
  }
  const bool huge = bytes >= kHugePage;
  void* data =
      std::aligned_alloc(huge ? kHugePage : kGranule, huge ? (bytes + kHugePage - 1) / kHugePage * kHugePage : bytes);
  if (data == nullptr) throw std::bad_alloc();
  if (huge) madvise(data, bytes, MADV_HUGEPAGE);
  return Buffer(this, static_cast<float*>(data), bytes);
}

void BufferPool::Return(float* data, size_t capacity) { free_.emplace(capacity, data); }

void BufferPool::Trim() {
  for (const auto& [capacity, data] : free_) std::free(data);
  free_.clear();
}

}  // namespace nasshrink::nn
