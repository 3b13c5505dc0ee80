// Convolutions by torch (oneDNN and MKL), on plain memory: the only kernels of a step that are not ours.
//
// No torch type leaves convolution.cc. Tensors are float in channels_last order, weights in PyTorch's order
// [out, in, kernel, kernel]; padding is kernel / 2, there is no bias.
#ifndef NASSHRINK_NN_CONVOLUTION_H_
#define NASSHRINK_NN_CONVOLUTION_H_

#include <memory>

#include "nn/buffer_pool.h"
#include "nn/kernels.h"

namespace nasshrink::nn {

// Memory of a result: ours or torch's.
class Activation {
 public:
  Activation() = default;
  explicit Activation(BufferPool::Buffer buffer) : buffer_(std::move(buffer)), data_(buffer_.data()) {}
  Activation(std::shared_ptr<void> owner, float* data) : owner_(std::move(owner)), data_(data) {}

  float* data() const { return data_; }

 private:
  BufferPool::Buffer buffer_;
  std::shared_ptr<void> owner_;
  float* data_ = nullptr;
};

struct ConvolutionSize {
  Shape input;
  int out = 0;
  int kernel = 1;
  int stride = 1;

  Shape output() const;
};

// Both may throw what torch throws, and need the executor's thread.
Activation Convolve(const ConvolutionSize& size, const float* input, const float* weight, BufferPool& pool);

// Writes the gradient of the weight; returns the gradient of the input, empty unless `want_input`.
Activation ConvolveBackward(const ConvolutionSize& size, const float* input, const float* weight,
                            const float* output_gradient, float* weight_gradient, bool want_input, BufferPool& pool);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_CONVOLUTION_H_
