#include "nn/convolution.h"

#include <ATen/Functions.h>

#include <utility>

namespace nasshrink::nn {
namespace {

// torch takes non-const memory even for what it only reads.
float* Mutable(const float* data) { return const_cast<float*>(data); }

at::Tensor Image(const Shape& shape, const float* data) {
  const int64_t row = static_cast<int64_t>(shape.width) * shape.channels;
  return at::from_blob(Mutable(data), {shape.images, shape.channels, shape.height, shape.width},
                       {row * shape.height, 1, row, shape.channels});
}

at::Tensor Matrix(int64_t rows, int64_t columns, const float* data) {
  return at::from_blob(Mutable(data), {rows, columns});
}

at::Tensor Weight(const ConvolutionSize& size, const float* data) {
  return at::from_blob(Mutable(data), {size.out, size.input.channels, size.kernel, size.kernel})
      .contiguous(at::MemoryFormat::ChannelsLast);
}

Activation Keep(const at::Tensor& result) {
  auto owner = std::make_shared<at::Tensor>(result.contiguous(at::MemoryFormat::ChannelsLast));
  auto* data = owner->mutable_data_ptr<float>();
  return Activation(std::move(owner), data);
}

// A 1x1 convolution is a matrix product, which can write into memory of ours.
bool IsProduct(const ConvolutionSize& size) { return size.kernel == 1 && size.stride == 1; }

}  // namespace

Shape ConvolutionSize::output() const {
  return {input.images, (input.height - 1) / stride + 1, (input.width - 1) / stride + 1, out};
}

Activation Convolve(const ConvolutionSize& size, const float* input, const float* weight, BufferPool& pool) {
  if (IsProduct(size)) {
    BufferPool::Buffer result = pool.Take(static_cast<size_t>(size.output().size()));
    at::Tensor product = Matrix(size.input.pixels(), size.out, result.data());
    at::mm_out(product, Matrix(size.input.pixels(), size.input.channels, input),
               Matrix(size.out, size.input.channels, weight).t());
    return Activation(std::move(result));
  }
  const int padding = size.kernel / 2;
  return Keep(at::convolution(Image(size.input, input), Weight(size, weight), {}, {size.stride, size.stride},
                              {padding, padding}, {1, 1}, false, {0, 0}, 1));
}

Activation ConvolveBackward(const ConvolutionSize& size, const float* input, const float* weight,
                            const float* output_gradient, float* weight_gradient, bool want_input, BufferPool& pool) {
  const int channels = size.input.channels;
  if (IsProduct(size)) {
    const at::Tensor gradient = Matrix(size.input.pixels(), size.out, output_gradient);
    at::Tensor for_weight = Matrix(size.out, channels, weight_gradient);
    at::mm_out(for_weight, gradient.t(), Matrix(size.input.pixels(), channels, input));
    if (!want_input) return {};
    BufferPool::Buffer result = pool.Take(static_cast<size_t>(size.input.size()));
    at::Tensor for_input = Matrix(size.input.pixels(), channels, result.data());
    at::mm_out(for_input, gradient, Matrix(size.out, channels, weight));
    return Activation(std::move(result));
  }
  const int padding = size.kernel / 2;
  const auto [for_input, for_weight, for_bias] = at::convolution_backward(
      Image(size.output(), output_gradient), Image(size.input, input), Weight(size, weight), {},
      {size.stride, size.stride}, {padding, padding}, {1, 1}, false, {0, 0}, 1, {want_input, true, false});
  at::from_blob(weight_gradient, {size.out, channels, size.kernel, size.kernel}).copy_(for_weight);
  return want_input ? Keep(for_input) : Activation();
}

}  // namespace nasshrink::nn
