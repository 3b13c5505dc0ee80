// Activations and gradients of a step: memory that is kept and handed out again, so that a step allocates next to
// nothing. Paths need different buffers; what is kept of earlier ones is limited, so that the pool holds at most an
// eighth more than has ever been in use at a time.
#ifndef NASSHRINK_NN_BUFFER_POOL_H_
#define NASSHRINK_NN_BUFFER_POOL_H_

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "nn/memory_count.h"

namespace nasshrink::nn {

// Holds no memory in use: buffers must be given back (destroyed) before their pool.
class BufferPool {
 public:
  class Buffer {
   public:
    Buffer() = default;
    Buffer(BufferPool* pool, float* data, size_t capacity, size_t asked)
        : pool_(pool), data_(data), capacity_(capacity), asked_(asked) {}
    Buffer(Buffer&& other) noexcept { Swap(other); }
    Buffer& operator=(Buffer&& other) noexcept {
      Buffer moved(std::move(other));
      Swap(moved);
      return *this;
    }
    ~Buffer() {
      if (data_ != nullptr) pool_->Return(data_, capacity_, asked_);
    }
    float* data() const { return data_; }

   private:
    void Swap(Buffer& other) noexcept {
      std::swap(pool_, other.pool_);
      std::swap(data_, other.data_);
      std::swap(capacity_, other.capacity_);
      std::swap(asked_, other.asked_);
    }
    BufferPool* pool_ = nullptr;
    float* data_ = nullptr;
    size_t capacity_ = 0;
    size_t asked_ = 0;
  };

  // Counts what it holds, in use or not, in `count` unless that is null.
  explicit BufferPool(MemoryCount* count = nullptr) : count_(count) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool() { Trim(); }

  // At least `count` floats, 64-byte aligned, with arbitrary contents. Throws std::bad_alloc.
  Buffer Take(size_t count);
  // Frees what is not in use.
  void Trim();

 private:
  void Return(float* data, size_t capacity, size_t asked);
  // Frees one that is not in use.
  void Free(std::multimap<size_t, float*>::iterator unused);
  MemoryCount* const count_;
  size_t held_ = 0;
  size_t in_use_ = 0;  // as asked for
  size_t most_in_use_ = 0;
  std::multimap<size_t, float*> free_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_BUFFER_POOL_H_
