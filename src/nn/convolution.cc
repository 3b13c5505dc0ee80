#include "nn/convolution.h"

#include <ATen/Functions.h>

#include <utility>

#include "nn/depthwise.h"

namespace nasshrink::nn {
namespace {

template <typename T>
at::TensorOptions Options() {
  return c10::CppTypeToScalarType<T>::value;
}

// torch takes non-const memory even for what it only reads.
template <typename T>
T* Mutable(const T* data) {
  return const_cast<T*>(data);
}

template <typename T>
at::Tensor Image(const Shape& shape, const T* data) {
  const int64_t row = static_cast<int64_t>(shape.width) * shape.channels;
  return at::from_blob(Mutable(data), {shape.images, shape.channels, shape.height, shape.width},
                       {row * shape.height, 1, row, shape.channels}, Options<T>());
}

template <typename T>
at::Tensor Matrix(int64_t rows, int64_t columns, const T* data) {
  return at::from_blob(Mutable(data), {rows, columns}, Options<T>());
}

template <typename T>
at::Tensor Weight(const ConvolutionSize& size, const T* data) {
  return at::from_blob(Mutable(data), {size.out, size.input.channels / size.groups, size.kernel, size.kernel},
                       Options<T>());
}

template <typename T>
Activation<T> Keep(const at::Tensor& result) {
  const at::ScalarType type = c10::CppTypeToScalarType<T>::value;
  auto owner = std::make_shared<at::Tensor>(result.to(type).contiguous(at::MemoryFormat::ChannelsLast));
  auto* data = owner->mutable_data_ptr<T>();
  return Activation<T>(std::move(owner), data);
}

// A 1x1 convolution is a matrix product, which can write into memory of ours.
bool IsProduct(const ConvolutionSize& size) {
  return size.kernel == 1 && size.stride_height == 1 && size.stride_width == 1 && size.groups == 1;
}

bool IsDepthwise(const ConvolutionSize& size) {
  return size.groups == size.input.channels && size.out == size.groups && size.groups > 1 &&
         IsDepthwiseKernel(size.kernel);
}

// The weight as torch's convolutions like it.
template <typename T>
at::Tensor Kernel(const ConvolutionSize& size, const T* data) {
  const at::Tensor weight = Weight(size, data).contiguous(at::MemoryFormat::ChannelsLast);
  return size.halved ? weight.to(at::kBFloat16) : weight;
}

at::Tensor Operand(const ConvolutionSize& size, const at::Tensor& tensor) {
  return size.halved ? tensor.to(at::kBFloat16) : tensor;
}

DepthwiseSize DepthwiseOf(const ConvolutionSize& size) {
  return {size.input, size.output(), size.kernel, size.stride_height, size.stride_width, size.dilation};
}

}  // namespace

Shape ConvolutionSize::output() const {
  return {input.images, (input.height - 1) / stride_height + 1, (input.width - 1) / stride_width + 1, out};
}

template <typename T>
Activation<T> Convolve(const ConvolutionSize& size, const T* input, const T* weight, BufferPool& pool) {
  if (IsProduct(size) && !size.halved) {
    Activation<T> result(pool, size.output().size());
    at::Tensor product = Matrix(size.input.pixels(), size.out, result.data());
    at::mm_out(product, Matrix(size.input.pixels(), size.input.channels, input),
               Matrix(size.out, size.input.channels, weight).t());
    return result;
  }
  if (IsDepthwise(size)) {
    Activation<T> result(pool, size.output().size());
    DepthwiseForward(DepthwiseOf(size), input, weight, result.data());
    return result;
  }
  const int64_t padding = static_cast<int64_t>(size.dilation) * (size.kernel - 1) / 2;
  return Keep<T>(at::convolution(Operand(size, Image(size.input, input)), Kernel(size, weight), {},
                                 {size.stride_height, size.stride_width}, {padding, padding},
                                 {size.dilation, size.dilation}, false, {0, 0}, size.groups));
}

template <typename T>
Activation<T> ConvolveBackward(const ConvolutionSize& size, const T* input, const T* weight, const T* output_gradient,
                               T* weight_gradient, bool want_input, BufferPool& pool) {
  const int channels = size.input.channels;
  if (IsProduct(size) && !size.halved) {
    const at::Tensor gradient = Matrix(size.input.pixels(), size.out, output_gradient);
    at::Tensor for_weight = Matrix(size.out, channels, weight_gradient);
    at::mm_out(for_weight, gradient.t(), Matrix(size.input.pixels(), channels, input));
    if (!want_input) return {};
    Activation<T> result(pool, size.input.size());
    at::Tensor for_input = Matrix(size.input.pixels(), channels, result.data());
    at::mm_out(for_input, gradient, Matrix(size.out, channels, weight));
    return result;
  }
  if (IsDepthwise(size)) {
    DepthwiseWeightGradient(DepthwiseOf(size), input, output_gradient, weight_gradient);
    if (!want_input) return {};
    Activation<T> result(pool, size.input.size());
    DepthwiseInputGradient(DepthwiseOf(size), weight, output_gradient, result.data());
    return result;
  }
  const int64_t padding = static_cast<int64_t>(size.dilation) * (size.kernel - 1) / 2;
  const auto [for_input, for_weight, for_bias] = at::convolution_backward(
      Operand(size, Image(size.output(), output_gradient)), Operand(size, Image(size.input, input)),
      Kernel(size, weight), {}, {size.stride_height, size.stride_width}, {padding, padding},
      {size.dilation, size.dilation}, false, {0, 0}, size.groups, {want_input, true, false});
  Weight(size, weight_gradient).copy_(for_weight);
  return want_input ? Keep<T>(for_input) : Activation<T>();
}

#define NASSHRINK_CONVOLUTION(T)                                                            \
  template Activation<T> Convolve(const ConvolutionSize&, const T*, const T*, BufferPool&); \
  template Activation<T> ConvolveBackward(const ConvolutionSize&, const T*, const T*, const T*, T*, bool, BufferPool&);
NASSHRINK_CONVOLUTION(float)
NASSHRINK_CONVOLUTION(double)
#undef NASSHRINK_CONVOLUTION

}  // namespace nasshrink::nn
