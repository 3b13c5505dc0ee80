#include "nn/kernels.h"

#include <algorithm>
#include <cstring>

#include "base/instruction_sets.h"
#include "nn/activation.h"
#include "nn/parallel.h"
#include "nn/vector.h"

namespace nasshrink::nn {
namespace {

template <typename T>
NASSHRINK_INLINE void AddFlat(T* sum, const T* values, int64_t count) {
  for (int64_t i = 0; i < count; ++i) sum[i] += values[i];
}

template <typename T>
NASSHRINK_INLINE void AddTimes(T* sum, const T* values, T factor, int64_t count) {
  for (int64_t i = 0; i < count; ++i) sum[i] += factor * values[i];
}

template <int kLanes, typename T>
NASSHRINK_INLINE void AddScaledRow(T* row, const T* values, int64_t stride, const T* scale, int width, int channels) {
  for (int c = 0; c < channels; c += kLanes) {
    const auto factor = At<kLanes>(scale + c);
    for (int w = 0; w < width; ++w) {
      At<kLanes>(row + static_cast<int64_t>(w) * channels + c) += At<kLanes>(values + w * stride + c) * factor;
    }
  }
}

// Cells that a 3-cell window centred at `at` of `size` covers.
NASSHRINK_INLINE int Covered(int at, int size) { return 1 + (at > 0 ? 1 : 0) + (at + 1 < size ? 1 : 0); }

// sums[i] (with one pixel of zeros on both sides) = rows h-1..h+1 of all sources, each row times `row_factor(row)`.
template <typename T, typename RowFactor>
NASSHRINK_INLINE void SumThreeRows(const std::vector<const T*>& sources, int64_t image_offset, int h,
                                   const Shape& shape, T* sums, RowFactor row_factor) {
  const int64_t count = shape.row();
  std::memset(sums, 0, static_cast<size_t>(count + int64_t{2} * shape.channels) * sizeof(T));
  for (const T* source : sources) {
    for (int row = std::max(h - 1, 0); row <= std::min(h + 1, shape.height - 1); ++row) {
      AddTimes(sums + shape.channels, source + image_offset + row * count, row_factor(row), count);
    }
  }
}

// row[i] += factor(pixel) * (sums of the pixel and both neighbours).
template <typename T>
NASSHRINK_INLINE void AddThreeColumns(T* row, const T* sums, const Shape& shape, T inner, T border, T single) {
  const int64_t channels = shape.channels;
  const auto add = [&](int64_t begin, int64_t end, T factor) __attribute__((always_inline)) {
    for (int64_t i = begin; i < end; ++i) {
      row[i] += factor * (sums[i] + sums[i + channels] + sums[i + 2 * channels]);
    }
  };
  const int64_t count = static_cast<int64_t>(shape.width) * channels;
  if (shape.width == 1) {
    add(0, count, single);
    return;
  }
  add(0, channels, border);
  add(channels, count - channels, inner);
  add(count - channels, count, border);
}

template <int kLanes, typename T>
NASSHRINK_INLINE void CombineRow(const CombineInput<T>& input, int64_t image, int h, T* row, T* sums) {
  const Shape& shape = input.shape;
  const int64_t count = shape.row();
  const int64_t image_offset = image * shape.height * count;
  if (input.shift != nullptr) {
    for (int w = 0; w < shape.width; ++w) {
      std::memcpy(row + static_cast<int64_t>(w) * shape.channels, input.shift,
                  static_cast<size_t>(shape.channels) * sizeof(T));
    }
  } else {
    std::memset(row, 0, static_cast<size_t>(count) * sizeof(T));
  }
  const int64_t pixel = (image * shape.height + h) * shape.width;
  for (size_t i = 0; i < input.scaled.size(); ++i) {
    const Strided<T>& term = input.scaled[i];
    AddScaledRow<kLanes>(row, term.data + pixel * term.stride, term.stride, input.scale[i], shape.width,
                         shape.channels);
  }
  for (const T* plain : input.plain) AddFlat(row, plain + image_offset + h * count, count);
  if (!input.pooled.empty()) {
    SumThreeRows(input.pooled, image_offset, h, shape, sums, [](int) { return T(1); });
    const T vertical = T(1) / static_cast<T>(Covered(h, shape.height));
    AddThreeColumns(row, sums, shape, vertical / 3, vertical / 2, vertical);
  }
}

template <typename T>
NASSHRINK_INLINE void StoreActivated(const T* row, space::Function function, T* target, int64_t count) {
  WithFunction<T>(
      function, [&](const auto& value, const auto& /*derivative*/) __attribute__((always_inline)) {
        for (int64_t i = 0; i < count; ++i) target[i] = value(row[i]);
      });
}

template <int kLanes, typename T>
NASSHRINK_INLINE void CombineRows(const CombineInput<T>& input, T* raw,
                                  const std::vector<ActivatedOutput<T>>& activated, int64_t begin, int64_t end, T* row,
                                  T* sums) {
  const int64_t count = input.shape.row();
  for (int64_t image = begin; image < end; ++image) {
    for (int h = 0; h < input.shape.height; ++h) {
      CombineRow<kLanes>(input, image, h, row, sums);
      const int64_t offset = (image * input.shape.height + h) * count;
      if (raw != nullptr) std::memcpy(raw + offset, row, static_cast<size_t>(count) * sizeof(T));
      for (const ActivatedOutput<T>& out : activated) StoreActivated(row, out.function, out.values + offset, count);
    }
  }
}

template <typename T>
NASSHRINK_INLINE void CombineImagesOf(const CombineInput<T>& input, T* raw,
                                      const std::vector<ActivatedOutput<T>>& activated, int64_t begin, int64_t end,
                                      T* row, T* sums) {
  if (input.shape.channels % 16 == 0) return CombineRows<16>(input, raw, activated, begin, end, row, sums);
  if (input.shape.channels % 8 == 0) return CombineRows<8>(input, raw, activated, begin, end, row, sums);
  if (input.shape.channels % 4 == 0) return CombineRows<4>(input, raw, activated, begin, end, row, sums);
  CombineRows<1>(input, raw, activated, begin, end, row, sums);
}
NASSHRINK_CLONES void CombineImages(const CombineInput<float>& input, float* raw,
                                    const std::vector<ActivatedOutput<float>>& activated, int64_t begin, int64_t end,
                                    float* row, float* sums) {
  CombineImagesOf(input, raw, activated, begin, end, row, sums);
}
void CombineImages(const CombineInput<double>& input, double* raw,
                   const std::vector<ActivatedOutput<double>>& activated, int64_t begin, int64_t end, double* row,
                   double* sums) {
  CombineImagesOf(input, raw, activated, begin, end, row, sums);
}

// row[i] *= derivative of the function at i.
template <typename T>
NASSHRINK_INLINE void Derive(T* row, space::Function function, const T* saved, int64_t count) {
  if (function == space::Function::kRelu) {
    for (int64_t i = 0; i < count; ++i) row[i] = saved[i] > 0 ? row[i] : 0;
    return;
  }
  WithFunction<T>(
      function, [&](const auto& /*value*/, const auto& derivative) __attribute__((always_inline)) {
        for (int64_t i = 0; i < count; ++i) row[i] *= derivative(saved[i]);
      });
}

// The first function's gradients are gathered in the row itself, others in `scratch`.
template <typename T>
NASSHRINK_INLINE void AddActivated(const std::vector<ActivatedGradient<T>>& activated, int64_t offset, int64_t count,
                                   T* row, T* scratch) {
  for (size_t f = 0; f < activated.size(); ++f) {
    T* gathered = f == 0 ? row : scratch;
    if (f > 0) std::memset(scratch, 0, static_cast<size_t>(count) * sizeof(T));
    for (const T* gradient : activated[f].gradients) AddFlat(gathered, gradient + offset, count);
    Derive(gathered, activated[f].function, activated[f].saved + offset, count);
    if (f > 0) AddFlat(row, static_cast<const T*>(scratch), count);
  }
}

template <int kLanes, typename T>
NASSHRINK_INLINE void SumRow(const T* row, T* sums, int width, int channels) {
  for (int c = 0; c < channels; c += kLanes) {
    auto sum = At<kLanes>(sums + c);
    for (int w = 0; w < width; ++w) sum += At<kLanes>(row + static_cast<int64_t>(w) * channels + c);
    At<kLanes>(sums + c) = sum;
  }
}

template <int kLanes, typename T>
NASSHRINK_INLINE void SumProductRow(const T* row, const T* values, int64_t stride, T* sums, int width, int channels) {
  for (int c = 0; c < channels; c += kLanes) {
    auto sum = At<kLanes>(sums + c);
    for (int w = 0; w < width; ++w) {
      sum += At<kLanes>(row + static_cast<int64_t>(w) * channels + c) * At<kLanes>(values + w * stride + c);
    }
    At<kLanes>(sums + c) = sum;
  }
}

template <int kLanes, typename T>
NASSHRINK_INLINE void GradientRows(const GradientInput<T>& input, T* gradient, T* partial, int64_t begin, int64_t end,
                                   T* scratch) {
  const Shape& shape = input.shape;
  const int64_t count = shape.row();
  const int64_t per_image = static_cast<int64_t>(1 + input.products.size()) * shape.channels;
  for (int64_t image = begin; image < end; ++image) {
    T* sums = partial + image * per_image;
    std::memset(sums, 0, static_cast<size_t>(per_image) * sizeof(T));
    const int64_t image_offset = image * shape.height * count;
    for (int h = 0; h < shape.height; ++h) {
      const int64_t offset = image_offset + h * count;
      T* row = gradient + offset;
      std::memset(row, 0, static_cast<size_t>(count) * sizeof(T));
      AddActivated(input.activated, offset, count, row, scratch);
      for (const T* plain : input.plain) AddFlat(row, plain + offset, count);
      if (!input.pooled.empty()) {
        SumThreeRows(input.pooled, image_offset, h, shape, scratch,
                     [&shape](int source) { return T(1) / static_cast<T>(Covered(source, shape.height)); });
        for (int w = 0; w < shape.width; ++w) {
          const T factor = T(1) / static_cast<T>(Covered(w, shape.width));
          T* pixel = scratch + static_cast<int64_t>(w + 1) * shape.channels;
          for (int c = 0; c < shape.channels; ++c) pixel[c] *= factor;
        }
        AddThreeColumns<T>(row, scratch, shape, 1, 1, 1);
      }
      SumRow<kLanes>(row, sums, shape.width, shape.channels);
      const int64_t pixel = (image * shape.height + h) * shape.width;
      for (size_t i = 0; i < input.products.size(); ++i) {
        const Strided<T>& product = input.products[i];
        SumProductRow<kLanes>(row, product.data + pixel * product.stride, product.stride,
                              sums + static_cast<int64_t>(i + 1) * shape.channels, shape.width, shape.channels);
      }
    }
  }
}

template <typename T>
NASSHRINK_INLINE void GradientImagesOf(const GradientInput<T>& input, T* gradient, T* partial, int64_t begin,
                                       int64_t end, T* scratch) {
  if (input.shape.channels % 16 == 0) return GradientRows<16>(input, gradient, partial, begin, end, scratch);
  if (input.shape.channels % 8 == 0) return GradientRows<8>(input, gradient, partial, begin, end, scratch);
  if (input.shape.channels % 4 == 0) return GradientRows<4>(input, gradient, partial, begin, end, scratch);
  GradientRows<1>(input, gradient, partial, begin, end, scratch);
}
NASSHRINK_CLONES void GradientImages(const GradientInput<float>& input, float* gradient, float* partial, int64_t begin,
                                     int64_t end, float* scratch) {
  GradientImagesOf(input, gradient, partial, begin, end, scratch);
}
void GradientImages(const GradientInput<double>& input, double* gradient, double* partial, int64_t begin, int64_t end,
                    double* scratch) {
  GradientImagesOf(input, gradient, partial, begin, end, scratch);
}

template <int kLanes, typename T>
NASSHRINK_INLINE void NormalisePixels(const T* gradient, const NormaliseBackwardTerm<T>& term, int64_t begin,
                                      int64_t end, int channels) {
  for (int c = 0; c < channels; c += kLanes) {
    const auto a = At<kLanes>(term.a.data() + c);
    const auto b = At<kLanes>(term.b.data() + c);
    const auto shift = At<kLanes>(term.c.data() + c);
    for (int64_t p = begin; p < end; ++p) {
      At<kLanes>(term.target + p * term.target_stride + c) =
          a * At<kLanes>(gradient + p * channels + c) + b * At<kLanes>(term.value.data + p * term.value.stride + c) +
          shift;
    }
  }
}

template <int kLanes, typename T>
NASSHRINK_INLINE void NormaliseAll(const Shape& shape, const T* gradient,
                                   const std::vector<NormaliseBackwardTerm<T>>& terms, int64_t begin, int64_t end) {
  for (int64_t row = begin * shape.height; row < end * shape.height; ++row) {
    for (const auto& term : terms) {
      NormalisePixels<kLanes>(gradient, term, row * shape.width, (row + 1) * shape.width, shape.channels);
    }
  }
}

template <typename T>
NASSHRINK_INLINE void NormaliseImagesOf(const Shape& shape, const T* gradient,
                                        const std::vector<NormaliseBackwardTerm<T>>& terms, int64_t begin,
                                        int64_t end) {
  if (shape.channels % 16 == 0) return NormaliseAll<16>(shape, gradient, terms, begin, end);
  if (shape.channels % 8 == 0) return NormaliseAll<8>(shape, gradient, terms, begin, end);
  if (shape.channels % 4 == 0) return NormaliseAll<4>(shape, gradient, terms, begin, end);
  NormaliseAll<1>(shape, gradient, terms, begin, end);
}
NASSHRINK_CLONES void NormaliseImages(const Shape& shape, const float* gradient,
                                      const std::vector<NormaliseBackwardTerm<float>>& terms, int64_t begin,
                                      int64_t end) {
  NormaliseImagesOf(shape, gradient, terms, begin, end);
}
void NormaliseImages(const Shape& shape, const double* gradient,
                     const std::vector<NormaliseBackwardTerm<double>>& terms, int64_t begin, int64_t end) {
  NormaliseImagesOf(shape, gradient, terms, begin, end);
}

// Sums of (value - origin) and its square, so that a large common offset costs no digits.
template <int kLanes, typename T>
NASSHRINK_INLINE void MomentPixels(const T* values, const T* origin, T* sum, T* square, int64_t pixels, int channels) {
  for (int c = 0; c < channels; c += kLanes) {
    const auto zero = At<kLanes>(origin + c);
    auto total = At<kLanes>(sum + c);
    auto squares = At<kLanes>(square + c);
    for (int64_t p = 0; p < pixels; ++p) {
      const auto difference = At<kLanes>(values + p * channels + c) - zero;
      total += difference;
      squares += difference * difference;
    }
    At<kLanes>(sum + c) = total;
    At<kLanes>(square + c) = squares;
  }
}

template <int kLanes, typename T>
NASSHRINK_INLINE void MomentRows(const Shape& shape, const T* values, T* partial, int64_t begin, int64_t end) {
  for (int64_t image = begin; image < end; ++image) {
    T* sum = partial + image * 2 * shape.channels;
    std::memset(sum, 0, static_cast<size_t>(2 * shape.channels) * sizeof(T));
    for (int h = 0; h < shape.height; ++h) {
      MomentPixels<kLanes>(values + (image * shape.height + h) * shape.width * shape.channels, values, sum,
                           sum + shape.channels, shape.width, shape.channels);
    }
  }
}

template <typename T>
NASSHRINK_INLINE void MomentImagesOf(const Shape& shape, const T* values, T* partial, int64_t begin, int64_t end) {
  if (shape.channels % 16 == 0) return MomentRows<16>(shape, values, partial, begin, end);
  if (shape.channels % 8 == 0) return MomentRows<8>(shape, values, partial, begin, end);
  if (shape.channels % 4 == 0) return MomentRows<4>(shape, values, partial, begin, end);
  MomentRows<1>(shape, values, partial, begin, end);
}
NASSHRINK_CLONES void MomentImages(const Shape& shape, const float* values, float* partial, int64_t begin,
                                   int64_t end) {
  MomentImagesOf(shape, values, partial, begin, end);
}
void MomentImages(const Shape& shape, const double* values, double* partial, int64_t begin, int64_t end) {
  MomentImagesOf(shape, values, partial, begin, end);
}

template <typename T>
std::vector<double> SumOverImages(const std::vector<T>& partial, int64_t images, int64_t width) {
  std::vector<double> sums(static_cast<size_t>(width), 0.0);
  for (int64_t image = 0; image < images; ++image) {
    for (int64_t i = 0; i < width; ++i) sums[static_cast<size_t>(i)] += partial[static_cast<size_t>(image * width + i)];
  }
  return sums;
}

}  // namespace

template <typename T>
void Combine(const CombineInput<T>& input, T* raw, const std::vector<ActivatedOutput<T>>& activated) {
  const int64_t count = input.shape.row();
  ParallelFor(input.shape.images, input.shape.size() / input.shape.images, [&](int64_t begin, int64_t end) {
    std::vector<T> scratch(static_cast<size_t>(2 * (count + input.shape.channels)));
    CombineImages(input, raw, activated, begin, end, scratch.data(), scratch.data() + count);
  });
}

template <typename T>
void AssembleGradient(const GradientInput<T>& input, T* gradient, std::vector<double>* sums) {
  const Shape& shape = input.shape;
  const int64_t width = static_cast<int64_t>(1 + input.products.size()) * shape.channels;
  std::vector<T> partial(static_cast<size_t>(shape.images * width));
  ParallelFor(shape.images, shape.size() / shape.images, [&](int64_t begin, int64_t end) {
    std::vector<T> scratch(static_cast<size_t>(shape.row() + int64_t{2} * shape.channels));
    GradientImages(input, gradient, partial.data(), begin, end, scratch.data());
  });
  *sums = SumOverImages(partial, shape.images, width);
}

template <typename T>
void NormaliseBackward(const Shape& shape, const T* gradient, const std::vector<NormaliseBackwardTerm<T>>& terms) {
  if (terms.empty()) return;
  ParallelFor(shape.images, shape.size() / shape.images,
              [&](int64_t begin, int64_t end) { NormaliseImages(shape, gradient, terms, begin, end); });
}

template <typename T>
void ChannelMoments(const Shape& shape, const T* values, std::vector<double>* mean, std::vector<double>* variance) {
  const auto channels = static_cast<size_t>(shape.channels);
  std::vector<T> partial(static_cast<size_t>(shape.images) * 2 * channels);
  ParallelFor(shape.images, shape.size() / shape.images,
              [&](int64_t begin, int64_t end) { MomentImages(shape, values, partial.data(), begin, end); });
  const std::vector<double> sums = SumOverImages(partial, shape.images, int64_t{2} * shape.channels);
  const auto count = static_cast<double>(shape.pixels());
  mean->resize(channels);
  variance->resize(channels);
  for (size_t c = 0; c < channels; ++c) {
    const double shifted = sums[c] / count;
    (*mean)[c] = shifted + values[c];
    const double spread = sums[channels + c] / count - shifted * shifted;
    (*variance)[c] = spread < 0 ? 0 : spread;
  }
}

#define NASSHRINK_KERNELS(T)                                                                             \
  template void Combine(const CombineInput<T>&, T*, const std::vector<ActivatedOutput<T>>&);             \
  template void AssembleGradient(const GradientInput<T>&, T*, std::vector<double>*);                     \
  template void NormaliseBackward(const Shape&, const T*, const std::vector<NormaliseBackwardTerm<T>>&); \
  template void ChannelMoments(const Shape&, const T*, std::vector<double>*, std::vector<double>*);
NASSHRINK_KERNELS(float)
NASSHRINK_KERNELS(double)
#undef NASSHRINK_KERNELS

}  // namespace nasshrink::nn
