// What happens to activations besides fused sums and convolutions: pools, products, channels and pixels that move.
//
// Tensors as in nn/kernels.h. Every element of a result is written; results do not depend on the number of threads.
#ifndef NASSHRINK_NN_MOVES_H_
#define NASSHRINK_NN_MOVES_H_

#include <cstdint>

#include "nn/kernels.h"
#include "space/network_builder.h"

namespace nasshrink::nn {

struct PoolSize {
  space::PoolKind kind = space::PoolKind::kAverage;
  Shape in;
  Shape out;
  int kernel = 1;
  int stride_height = 1;
  int stride_width = 1;

  bool inside = false;  // the windows stay in the picture: there is no border

  int padding() const { return inside ? 0 : (kernel - 1) / 2; }
};

// Of a max pool, `taken` remembers for every result which cell of the window it is; not used by averages.
template <typename T>
void Pool(const PoolSize& size, const T* in, T* out, uint8_t* taken);
template <typename T>
void PoolBackward(const PoolSize& size, const T* out_gradient, const uint8_t* taken, T* in_gradient);

// `count` channels of every pixel: those of `from` at channels 0, from_step, ... to those of `to`. A pixel is
// `from_channels` or `to_channels` values wide.
template <typename T>
struct ChannelCopy {
  int64_t pixels = 0;
  int count = 0;
  const T* from = nullptr;
  int from_channels = 0;
  int from_step = 1;
  T* to = nullptr;
  int to_channels = 0;
  int to_step = 1;
};
template <typename T>
void CopyChannels(const ChannelCopy<T>& copy);

// out(y, x) = in(y + by, x + by), zero where there is no such pixel.
template <typename T>
void Shift(const Shape& shape, int by, const T* in, T* out);

// Every n-th pixel of every n-th row; the gradient is zero at the others.
template <typename T>
void Subsample(const PoolSize& size, const T* in, T* out);
template <typename T>
void SubsampleBackward(const PoolSize& size, const T* out_gradient, T* in_gradient);

// out = a * b, element by element.
template <typename T>
void Multiply(const Shape& shape, const T* a, const T* b, T* out);

// out = in * factors [images, channels].
template <typename T>
void ScaleChannels(const Shape& shape, const T* in, const T* factors, T* out);
// The gradient of the factors.
template <typename T>
void ScaleFactorsBackward(const Shape& shape, const T* out_gradient, const T* in, T* factor_gradient);

// out = in * factors [images].
template <typename T>
void ScaleImages(const Shape& shape, const T* in, const T* factors, T* out);

// Mean over the pixels of an image, [images, channels]; and its gradient.
template <typename T>
void PixelMean(const Shape& shape, const T* values, T* means);
template <typename T>
void PixelMeanBackward(const Shape& shape, const T* mean_gradient, T* gradient);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_MOVES_H_
