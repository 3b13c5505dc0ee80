#include "nn/buffer_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <new>

namespace nasshrink::nn {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kGranule = 4096;
// From here on memory is the system's own pages: what is freed is gone at once, where malloc may keep it between blocks
// that are in use.
constexpr size_t kLeastMapped = size_t{64} << 10;

// Aligned to huge pages where it holds one.
void* Map(size_t bytes) {
  const size_t slack = bytes >= kHugePage ? kHugePage : 0;
  void* const mapped = mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  if (slack == 0) return mapped;
  const auto begin = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t aligned = (begin + kHugePage - 1) / kHugePage * kHugePage;
  if (aligned > begin) munmap(mapped, aligned - begin);
  const uintptr_t end = begin + bytes + slack;
  if (aligned + bytes < end) munmap(reinterpret_cast<void*>(aligned + bytes), end - aligned - bytes);
  void* const data = reinterpret_cast<void*>(aligned);
  madvise(data, bytes, MADV_HUGEPAGE);
  return data;
}

}  // namespace

BufferPool::Buffer BufferPool::Take(size_t count) {
  const size_t bytes = (count * sizeof(float) + kGranule - 1) / kGranule * kGranule;
  in_use_ += bytes;
  most_in_use_ = std::max(most_in_use_, in_use_);
  const size_t most_held = most_in_use_ + most_in_use_ / 8;
  const auto found = free_.lower_bound(bytes);
  // New memory costs time; where there is no room for it, a buffer that is far too large does.
  const size_t most_capacity = held_ + bytes > most_held ? std::numeric_limits<size_t>::max() : bytes + bytes / 4;
  if (found != free_.end() && found->first <= most_capacity) {
    Buffer buffer(this, found->second, found->first, bytes);
    free_.erase(found);
    return buffer;
  }
  while (held_ + bytes > most_held && !free_.empty()) Free(std::prev(free_.end()));
  void* const data = bytes >= kLeastMapped ? Map(bytes) : std::aligned_alloc(kGranule, bytes);
  if (data == nullptr) {
    in_use_ -= bytes;
    throw std::bad_alloc();
  }
  if (count_ != nullptr) count_->Add(bytes);
  held_ += bytes;
  return Buffer(this, static_cast<float*>(data), bytes, bytes);
}

void BufferPool::Return(float* data, size_t capacity, size_t asked) {
  in_use_ -= asked;
  free_.emplace(capacity, data);
}

void BufferPool::Free(std::multimap<size_t, float*>::iterator unused) {
  const auto [capacity, data] = *unused;
  free_.erase(unused);
  held_ -= capacity;
  if (count_ != nullptr) count_->Remove(capacity);
  if (capacity >= kLeastMapped) {
    munmap(data, capacity);
  } else {
    std::free(data);
  }
}

void BufferPool::Trim() {
  while (!free_.empty()) Free(free_.begin());
}

}  // namespace nasshrink::nn
