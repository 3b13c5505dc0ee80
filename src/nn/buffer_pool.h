// Activations and gradients of a step: memory that is kept and handed out again, so that a step allocates nothing.
#ifndef NASSHRINK_NN_BUFFER_POOL_H_
#define NASSHRINK_NN_BUFFER_POOL_H_

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

namespace nasshrink::nn {

// Holds no memory in use: buffers must be given back (destroyed) before their pool.
class BufferPool {
 public:
  class Buffer {
   public:
    Buffer() = default;
    Buffer(BufferPool* pool, float* data, size_t capacity) : pool_(pool), data_(data), capacity_(capacity) {}
    Buffer(Buffer&& other) noexcept { Swap(other); }
    Buffer& operator=(Buffer&& other) noexcept {
      Buffer moved(std::move(other));
      Swap(moved);
      return *this;
    }
    ~Buffer() {
      if (data_ != nullptr) pool_->Return(data_, capacity_);
    }
    float* data() const { return data_; }

   private:
    void Swap(Buffer& other) noexcept {
      std::swap(pool_, other.pool_);
      std::swap(data_, other.data_);
      std::swap(capacity_, other.capacity_);
    }
    BufferPool* pool_ = nullptr;
    float* data_ = nullptr;
    size_t capacity_ = 0;
  };

  BufferPool() = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool() { Trim(); }

  // At least `count` floats, 64-byte aligned, with arbitrary contents. Throws std::bad_alloc.
  Buffer Take(size_t count);
  // Frees what is not in use.
  void Trim();

 private:
  void Return(float* data, size_t capacity);
  std::multimap<size_t, float*> free_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_BUFFER_POOL_H_
