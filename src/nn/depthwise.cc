#include "nn/depthwise.h"

#include <cstddef>
#include <vector>

#include "base/instruction_sets.h"
#include "nn/parallel.h"
#include "nn/vector.h"

namespace nasshrink::nn {
namespace {

constexpr int kLanes = 16;
constexpr int kMaxKernel = 7;

// Pairs of a value and a tap that meet in one result, along one axis.
struct Meetings {
  int count = 0;
  int at[kMaxKernel] = {};
  int tap[kMaxKernel] = {};
};

// Inputs of output `out`.
NASSHRINK_INLINE Meetings InputsOf(int out, int stride, const DepthwiseSize& size, int length) {
  Meetings meetings;
  for (int tap = 0; tap < size.kernel; ++tap) {
    const int at = out * stride + tap * size.dilation - size.padding();
    if (at < 0 || at >= length) continue;
    meetings.at[meetings.count] = at;
    meetings.tap[meetings.count++] = tap;
  }
  return meetings;
}

// Outputs that input `in` is part of.
NASSHRINK_INLINE Meetings OutputsOf(int in, int stride, const DepthwiseSize& size, int length) {
  Meetings meetings;
  for (int tap = 0; tap < size.kernel; ++tap) {
    const int from = in + size.padding() - tap * size.dilation;
    if (from < 0 || from % stride != 0 || from / stride >= length) continue;
    meetings.at[meetings.count] = from / stride;
    meetings.tap[meetings.count++] = tap;
  }
  return meetings;
}

// result[c] = sum over the pixels that meet of source * weight, `kVectors` vectors of channels at a time.
template <int kVectors, typename T>
NASSHRINK_INLINE void GatherChannels(const T* source, int64_t row, int channels, const T* weights, int kernel,
                                     const Meetings& rows, const Meetings& columns, T* result) {
  typename Vector<T, kLanes>::Type sums[kVectors] = {};
  for (int y = 0; y < rows.count; ++y) {
    for (int x = 0; x < columns.count; ++x) {
      const T* values = source + rows.at[y] * row + static_cast<int64_t>(columns.at[x]) * channels;
      const T* factors = weights + static_cast<int64_t>(rows.tap[y] * kernel + columns.tap[x]) * channels;
      for (int v = 0; v < kVectors; ++v) sums[v] += At<kLanes>(values + v * kLanes) * At<kLanes>(factors + v * kLanes);
    }
  }
  for (int v = 0; v < kVectors; ++v) At<kLanes>(result + v * kLanes) = sums[v];
}

template <typename T>
NASSHRINK_INLINE void GatherPixel(const T* source, int64_t row, int channels, const T* weights, int kernel,
                                  const Meetings& rows, const Meetings& columns, T* result) {
  int c = 0;
  for (; c + 4 * kLanes <= channels; c += 4 * kLanes) {
    GatherChannels<4>(source + c, row, channels, weights + c, kernel, rows, columns, result + c);
  }
  for (; c + kLanes <= channels; c += kLanes) {
    GatherChannels<1>(source + c, row, channels, weights + c, kernel, rows, columns, result + c);
  }
  for (; c < channels; ++c) {
    T sum = 0;
    for (int y = 0; y < rows.count; ++y) {
      for (int x = 0; x < columns.count; ++x) {
        sum += source[rows.at[y] * row + static_cast<int64_t>(columns.at[x]) * channels + c] *
               weights[static_cast<int64_t>(rows.tap[y] * kernel + columns.tap[x]) * channels + c];
      }
    }
    result[c] = sum;
  }
}

// `weights` are [kernel * kernel, channels] here and below.
template <typename T>
NASSHRINK_INLINE void ForwardOf(const DepthwiseSize& size, const T* in, const T* weights, T* out, int64_t begin,
                                int64_t end) {
  for (int64_t line = begin; line < end; ++line) {
    const int64_t image = line / size.out.height;
    const Meetings rows = InputsOf(static_cast<int>(line % size.out.height), size.stride_height, size, size.in.height);
    for (int x = 0; x < size.out.width; ++x) {
      GatherPixel(in + image * size.in.height * size.in.row(), size.in.row(), size.in.channels, weights, size.kernel,
                  rows, InputsOf(x, size.stride_width, size, size.in.width),
                  out + line * size.out.row() + static_cast<int64_t>(x) * size.in.channels);
    }
  }
}

template <typename T>
NASSHRINK_INLINE void InputGradientOf(const DepthwiseSize& size, const T* out_gradient, const T* weights,
                                      T* in_gradient, int64_t begin, int64_t end) {
  for (int64_t line = begin; line < end; ++line) {
    const int64_t image = line / size.in.height;
    const Meetings rows = OutputsOf(static_cast<int>(line % size.in.height), size.stride_height, size, size.out.height);
    for (int x = 0; x < size.in.width; ++x) {
      GatherPixel(out_gradient + image * size.out.height * size.out.row(), size.out.row(), size.in.channels, weights,
                  size.kernel, rows, OutputsOf(x, size.stride_width, size, size.out.width),
                  in_gradient + line * size.in.row() + static_cast<int64_t>(x) * size.in.channels);
    }
  }
}

// sums[tap] += gradient * value over one row of results and one row of the window.
template <int kKernel, int kWidth, typename T>
NASSHRINK_INLINE void AddRowProducts(const DepthwiseSize& size, const T* values, const T* gradient, T* sums) {
  const int channels = size.in.channels;
  typename Vector<T, kWidth>::Type taps[kKernel];
  for (int tap = 0; tap < kKernel; ++tap) taps[tap] = At<kWidth>(sums + static_cast<int64_t>(tap) * channels);
  for (int x = 0; x < size.out.width; ++x) {
    const auto factor = At<kWidth>(gradient + static_cast<int64_t>(x) * channels);
    const int first = x * size.stride_width - size.padding();
    if (first >= 0 && first + (kKernel - 1) * size.dilation < size.in.width) {
      for (int tap = 0; tap < kKernel; ++tap) {
        taps[tap] += factor * At<kWidth>(values + static_cast<int64_t>(first + tap * size.dilation) * channels);
      }
      continue;
    }
    for (int tap = 0; tap < kKernel; ++tap) {
      const int at = first + tap * size.dilation;
      if (at < 0 || at >= size.in.width) continue;
      taps[tap] += factor * At<kWidth>(values + static_cast<int64_t>(at) * channels);
    }
  }
  for (int tap = 0; tap < kKernel; ++tap) At<kWidth>(sums + static_cast<int64_t>(tap) * channels) = taps[tap];
}

// `sums` [images, kernel * kernel, channels] is zero.
template <int kKernel, typename T>
NASSHRINK_INLINE void WeightGradientOf(const DepthwiseSize& size, const T* in, const T* out_gradient, T* sums,
                                       int64_t begin, int64_t end) {
  const int channels = size.in.channels;
  for (int64_t image = begin; image < end; ++image) {
    for (int y = 0; y < size.out.height; ++y) {
      const Meetings rows = InputsOf(y, size.stride_height, size, size.in.height);
      const T* gradient = out_gradient + (image * size.out.height + y) * size.out.row();
      for (int r = 0; r < rows.count; ++r) {
        const T* values = in + (image * size.in.height + rows.at[r]) * size.in.row();
        T* row_sums = sums + (image * kKernel + rows.tap[r]) * kKernel * channels;
        int c = 0;
        for (; c + kLanes <= channels; c += kLanes) {
          AddRowProducts<kKernel, kLanes>(size, values + c, gradient + c, row_sums + c);
        }
        for (; c < channels; ++c) AddRowProducts<kKernel, 1>(size, values + c, gradient + c, row_sums + c);
      }
    }
  }
}

template <typename T>
NASSHRINK_INLINE void WeightGradientOf(const DepthwiseSize& size, const T* in, const T* out_gradient, T* sums,
                                       int64_t begin, int64_t end) {
  if (size.kernel == 3) return WeightGradientOf<3>(size, in, out_gradient, sums, begin, end);
  if (size.kernel == 5) return WeightGradientOf<5>(size, in, out_gradient, sums, begin, end);
  WeightGradientOf<7>(size, in, out_gradient, sums, begin, end);
}

NASSHRINK_CLONES void ForwardLines(const DepthwiseSize& size, const float* in, const float* weights, float* out,
                                   int64_t begin, int64_t end) {
  ForwardOf(size, in, weights, out, begin, end);
}
void ForwardLines(const DepthwiseSize& size, const double* in, const double* weights, double* out, int64_t begin,
                  int64_t end) {
  ForwardOf(size, in, weights, out, begin, end);
}
NASSHRINK_CLONES void InputGradientLines(const DepthwiseSize& size, const float* out_gradient, const float* weights,
                                         float* in_gradient, int64_t begin, int64_t end) {
  InputGradientOf(size, out_gradient, weights, in_gradient, begin, end);
}
void InputGradientLines(const DepthwiseSize& size, const double* out_gradient, const double* weights,
                        double* in_gradient, int64_t begin, int64_t end) {
  InputGradientOf(size, out_gradient, weights, in_gradient, begin, end);
}
NASSHRINK_CLONES void WeightGradientImages(const DepthwiseSize& size, const float* in, const float* out_gradient,
                                           float* sums, int64_t begin, int64_t end) {
  WeightGradientOf(size, in, out_gradient, sums, begin, end);
}
void WeightGradientImages(const DepthwiseSize& size, const double* in, const double* out_gradient, double* sums,
                          int64_t begin, int64_t end) {
  WeightGradientOf(size, in, out_gradient, sums, begin, end);
}

// [channels, taps] to [taps, channels].
template <typename T>
std::vector<T> ByTap(const DepthwiseSize& size, const T* weight) {
  const auto channels = static_cast<size_t>(size.in.channels);
  const size_t taps = static_cast<size_t>(size.kernel) * static_cast<size_t>(size.kernel);
  std::vector<T> out(channels * taps);
  for (size_t c = 0; c < channels; ++c) {
    for (size_t tap = 0; tap < taps; ++tap) out[tap * channels + c] = weight[c * taps + tap];
  }
  return out;
}

}  // namespace

template <typename T>
void DepthwiseForward(const DepthwiseSize& size, const T* in, const T* weight, T* out) {
  const std::vector<T> weights = ByTap(size, weight);
  ParallelFor(size.out.images * size.out.height, size.out.row() * size.kernel,
              [&](int64_t begin, int64_t end) { ForwardLines(size, in, weights.data(), out, begin, end); });
}

template <typename T>
void DepthwiseInputGradient(const DepthwiseSize& size, const T* weight, const T* out_gradient, T* in_gradient) {
  const std::vector<T> weights = ByTap(size, weight);
  ParallelFor(size.in.images * size.in.height, size.in.row() * size.kernel, [&](int64_t begin, int64_t end) {
    InputGradientLines(size, out_gradient, weights.data(), in_gradient, begin, end);
  });
}

template <typename T>
void DepthwiseWeightGradient(const DepthwiseSize& size, const T* in, const T* out_gradient, T* weight_gradient) {
  const auto channels = static_cast<size_t>(size.in.channels);
  const size_t taps = static_cast<size_t>(size.kernel) * static_cast<size_t>(size.kernel);
  const auto images = static_cast<size_t>(size.in.images);
  std::vector<T> sums(images * taps * channels, T(0));
  ParallelFor(size.in.images, size.out.size() / size.out.images * size.kernel, [&](int64_t begin, int64_t end) {
    WeightGradientImages(size, in, out_gradient, sums.data(), begin, end);
  });
  for (size_t c = 0; c < channels; ++c) {
    for (size_t tap = 0; tap < taps; ++tap) {
      double sum = 0;
      for (size_t image = 0; image < images; ++image) sum += sums[(image * taps + tap) * channels + c];
      weight_gradient[c * taps + tap] = static_cast<T>(sum);
    }
  }
}

#define NASSHRINK_DEPTHWISE(T)                                                        \
  template void DepthwiseForward(const DepthwiseSize&, const T*, const T*, T*);       \
  template void DepthwiseInputGradient(const DepthwiseSize&, const T*, const T*, T*); \
  template void DepthwiseWeightGradient(const DepthwiseSize&, const T*, const T*, T*);
NASSHRINK_DEPTHWISE(float)
NASSHRINK_DEPTHWISE(double)
#undef NASSHRINK_DEPTHWISE

}  // namespace nasshrink::nn
