// Convolutions on plain memory: depthwise ones are ours (nn/depthwise.h), the others are made by torch (oneDNN and
// MKL).
//
// No torch type leaves convolution.cc. Tensors are in channels_last order, weights in PyTorch's order
// [out, in / groups, kernel, kernel]; padding is dilation * (kernel - 1) / 2, there is no bias. T is float or double.
#ifndef NASSHRINK_NN_CONVOLUTION_H_
#define NASSHRINK_NN_CONVOLUTION_H_

#include <memory>
#include <utility>

#include "nn/buffer_pool.h"
#include "nn/kernels.h"

namespace nasshrink::nn {

// Memory of a result: ours or torch's.
template <typename T>
class Activation {
 public:
  Activation() = default;
  Activation(BufferPool& pool, int64_t count)
      : buffer_(pool.Take(static_cast<size_t>(count) * sizeof(T) / sizeof(float))),
        data_(reinterpret_cast<T*>(buffer_.data())) {}
  Activation(std::shared_ptr<void> owner, T* data) : owner_(std::move(owner)), data_(data) {}

  T* data() const { return data_; }

 private:
  BufferPool::Buffer buffer_;
  std::shared_ptr<void> owner_;
  T* data_ = nullptr;
};

struct ConvolutionSize {
  Shape input;
  int out = 0;
  int kernel = 1;
  int stride_height = 1;
  int stride_width = 1;
  int dilation = 1;
  int groups = 1;
  // Operands are rounded to bfloat16; products are summed in float and results are float. Of T float alone.
  bool halved = false;

  Shape output() const;
  size_t weights() const {
    return static_cast<size_t>(input.channels / groups) * static_cast<size_t>(kernel) * static_cast<size_t>(kernel) *
           static_cast<size_t>(out);
  }
};

// Both may throw what torch throws, and need the executor's thread.
template <typename T>
Activation<T> Convolve(const ConvolutionSize& size, const T* input, const T* weight, BufferPool& pool);

// Writes the gradient of the weight; returns the gradient of the input, empty unless `want_input`.
template <typename T>
Activation<T> ConvolveBackward(const ConvolutionSize& size, const T* input, const T* weight, const T* output_gradient,
                               T* weight_gradient, bool want_input, BufferPool& pool);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_CONVOLUTION_H_
