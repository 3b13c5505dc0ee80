#include "nn/kernels.h"

#include <algorithm>
#include <cstring>

#include "nn/instruction_sets.h"
#include "nn/parallel.h"

// Everything called inside a function of several copies is inlined into each.
#define NASSHRINK_INLINE __attribute__((always_inline)) inline

namespace nasshrink::nn {
namespace {

template <int kLanes>
struct Vector {
  using Type __attribute__((vector_size(kLanes * sizeof(float)), aligned(sizeof(float)), may_alias)) = float;
};

template <int kLanes>
NASSHRINK_INLINE typename Vector<kLanes>::Type& At(float* p) {
  return *reinterpret_cast<typename Vector<kLanes>::Type*>(p);
}
template <int kLanes>
NASSHRINK_INLINE const typename Vector<kLanes>::Type& At(const float* p) {
  return *reinterpret_cast<const typename Vector<kLanes>::Type*>(p);
}

NASSHRINK_INLINE void AddFlat(float* sum, const float* values, int64_t count) {
  for (int64_t i = 0; i < count; ++i) sum[i] += values[i];
}

NASSHRINK_INLINE void AddTimes(float* sum, const float* values, float factor, int64_t count) {
  for (int64_t i = 0; i < count; ++i) sum[i] += factor * values[i];
}

template <int kLanes>
NASSHRINK_INLINE void AddScaledRow(float* row, const float* values, int64_t stride, const float* scale, int width,
                                   int channels) {
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
template <typename RowFactor>
NASSHRINK_INLINE void SumThreeRows(const std::vector<const float*>& sources, int64_t image_offset, int h,
                                   const Shape& shape, float* sums, RowFactor row_factor) {
  const int64_t count = shape.row();
  std::memset(sums, 0, static_cast<size_t>(count + int64_t{2} * shape.channels) * sizeof(float));
  for (const float* source : sources) {
    for (int row = std::max(h - 1, 0); row <= std::min(h + 1, shape.height - 1); ++row) {
      AddTimes(sums + shape.channels, source + image_offset + row * count, row_factor(row), count);
    }
  }
}

// row[i] += factor(pixel) * (sums of the pixel and both neighbours).
NASSHRINK_INLINE void AddThreeColumns(float* row, const float* sums, const Shape& shape, float inner, float border,
                                      float single) {
  const int64_t channels = shape.channels;
  const auto add = [&](int64_t begin, int64_t end, float factor) __attribute__((always_inline)) {
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

template <int kLanes>
NASSHRINK_INLINE void CombineRow(const CombineInput& input, int64_t image, int h, float* row, float* sums) {
  const Shape& shape = input.shape;
  const int64_t count = shape.row();
  const int64_t image_offset = image * shape.height * count;
  if (input.shift != nullptr) {
    for (int w = 0; w < shape.width; ++w) {
      std::memcpy(row + static_cast<int64_t>(w) * shape.channels, input.shift,
                  static_cast<size_t>(shape.channels) * sizeof(float));
    }
  } else {
    std::memset(row, 0, static_cast<size_t>(count) * sizeof(float));
  }
  const int64_t pixel = (image * shape.height + h) * shape.width;
  for (size_t i = 0; i < input.scaled.size(); ++i) {
    const Strided& term = input.scaled[i];
    AddScaledRow<kLanes>(row, term.data + pixel * term.stride, term.stride, input.scale[i], shape.width,
                         shape.channels);
  }
  for (const float* plain : input.plain) AddFlat(row, plain + image_offset + h * count, count);
  if (!input.pooled.empty()) {
    SumThreeRows(input.pooled, image_offset, h, shape, sums, [](int) { return 1.0F; });
    const float vertical = 1.0F / static_cast<float>(Covered(h, shape.height));
    AddThreeColumns(row, sums, shape, vertical / 3, vertical / 2, vertical);
  }
}

// Not a number stays what it is, so that it reaches the loss.
NASSHRINK_INLINE void StoreRectified(const float* row, float* target, int64_t count) {
  for (int64_t i = 0; i < count; ++i) target[i] = row[i] < 0 ? 0 : row[i];
}

template <int kLanes>
NASSHRINK_INLINE void CombineRows(const CombineInput& input, float* raw, float* rectified, int64_t begin, int64_t end,
                                  float* row, float* sums) {
  const int64_t count = input.shape.row();
  for (int64_t image = begin; image < end; ++image) {
    for (int h = 0; h < input.shape.height; ++h) {
      CombineRow<kLanes>(input, image, h, row, sums);
      const int64_t offset = (image * input.shape.height + h) * count;
      if (raw != nullptr) std::memcpy(raw + offset, row, static_cast<size_t>(count) * sizeof(float));
      if (rectified != nullptr) StoreRectified(row, rectified + offset, count);
    }
  }
}

NASSHRINK_CLONES void CombineImages(const CombineInput& input, float* raw, float* rectified, int64_t begin, int64_t end,
                                    float* row, float* sums) {
  const int channels = input.shape.channels;
  if (channels % 16 == 0) return CombineRows<16>(input, raw, rectified, begin, end, row, sums);
  if (channels % 8 == 0) return CombineRows<8>(input, raw, rectified, begin, end, row, sums);
  if (channels % 4 == 0) return CombineRows<4>(input, raw, rectified, begin, end, row, sums);
  CombineRows<1>(input, raw, rectified, begin, end, row, sums);
}

NASSHRINK_INLINE void Mask(float* row, const float* rectified, int64_t count) {
  for (int64_t i = 0; i < count; ++i) row[i] = rectified[i] > 0 ? row[i] : 0;
}

template <int kLanes>
NASSHRINK_INLINE void SumRow(const float* row, float* sums, int width, int channels) {
  for (int c = 0; c < channels; c += kLanes) {
    auto sum = At<kLanes>(sums + c);
    for (int w = 0; w < width; ++w) sum += At<kLanes>(row + static_cast<int64_t>(w) * channels + c);
    At<kLanes>(sums + c) = sum;
  }
}

template <int kLanes>
NASSHRINK_INLINE void SumProductRow(const float* row, const float* values, int64_t stride, float* sums, int width,
                                    int channels) {
  for (int c = 0; c < channels; c += kLanes) {
    auto sum = At<kLanes>(sums + c);
    for (int w = 0; w < width; ++w) {
      sum += At<kLanes>(row + static_cast<int64_t>(w) * channels + c) * At<kLanes>(values + w * stride + c);
    }
    At<kLanes>(sums + c) = sum;
  }
}

template <int kLanes>
NASSHRINK_INLINE void GradientRows(const GradientInput& input, float* gradient, float* partial, int64_t begin,
                                   int64_t end, float* scratch) {
  const Shape& shape = input.shape;
  const int64_t count = shape.row();
  const int64_t per_image = static_cast<int64_t>(1 + input.products.size()) * shape.channels;
  for (int64_t image = begin; image < end; ++image) {
    float* sums = partial + image * per_image;
    std::memset(sums, 0, static_cast<size_t>(per_image) * sizeof(float));
    const int64_t image_offset = image * shape.height * count;
    for (int h = 0; h < shape.height; ++h) {
      const int64_t offset = image_offset + h * count;
      float* row = gradient + offset;
      std::memset(row, 0, static_cast<size_t>(count) * sizeof(float));
      for (const float* masked : input.masked) AddFlat(row, masked + offset, count);
      if (!input.masked.empty()) Mask(row, input.rectified + offset, count);
      for (const float* plain : input.plain) AddFlat(row, plain + offset, count);
      if (!input.pooled.empty()) {
        SumThreeRows(input.pooled, image_offset, h, shape, scratch,
                     [&shape](int source) { return 1.0F / static_cast<float>(Covered(source, shape.height)); });
        for (int w = 0; w < shape.width; ++w) {
          const float factor = 1.0F / static_cast<float>(Covered(w, shape.width));
          float* pixel = scratch + static_cast<int64_t>(w + 1) * shape.channels;
          for (int c = 0; c < shape.channels; ++c) pixel[c] *= factor;
        }
        AddThreeColumns(row, scratch, shape, 1, 1, 1);
      }
      SumRow<kLanes>(row, sums, shape.width, shape.channels);
      const int64_t pixel = (image * shape.height + h) * shape.width;
      for (size_t i = 0; i < input.products.size(); ++i) {
        const Strided& product = input.products[i];
        SumProductRow<kLanes>(row, product.data + pixel * product.stride, product.stride,
                              sums + static_cast<int64_t>(i + 1) * shape.channels, shape.width, shape.channels);
      }
    }
  }
}

NASSHRINK_CLONES void GradientImages(const GradientInput& input, float* gradient, float* partial, int64_t begin,
                                     int64_t end, float* scratch) {
  const int channels = input.shape.channels;
  if (channels % 16 == 0) return GradientRows<16>(input, gradient, partial, begin, end, scratch);
  if (channels % 8 == 0) return GradientRows<8>(input, gradient, partial, begin, end, scratch);
  if (channels % 4 == 0) return GradientRows<4>(input, gradient, partial, begin, end, scratch);
  GradientRows<1>(input, gradient, partial, begin, end, scratch);
}

template <int kLanes>
NASSHRINK_INLINE void NormalisePixels(const float* gradient, const NormaliseBackwardTerm& term, int64_t begin,
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

template <int kLanes>
NASSHRINK_INLINE void NormaliseAll(const Shape& shape, const float* gradient,
                                   const std::vector<NormaliseBackwardTerm>& terms, int64_t begin, int64_t end) {
  for (int64_t row = begin * shape.height; row < end * shape.height; ++row) {
    for (const auto& term : terms) {
      NormalisePixels<kLanes>(gradient, term, row * shape.width, (row + 1) * shape.width, shape.channels);
    }
  }
}

NASSHRINK_CLONES void NormaliseImages(const Shape& shape, const float* gradient,
                                      const std::vector<NormaliseBackwardTerm>& terms, int64_t begin, int64_t end) {
  if (shape.channels % 16 == 0) return NormaliseAll<16>(shape, gradient, terms, begin, end);
  if (shape.channels % 8 == 0) return NormaliseAll<8>(shape, gradient, terms, begin, end);
  if (shape.channels % 4 == 0) return NormaliseAll<4>(shape, gradient, terms, begin, end);
  NormaliseAll<1>(shape, gradient, terms, begin, end);
}

// Sums of (value - origin) and its square, so that a large common offset costs no digits.
template <int kLanes>
NASSHRINK_INLINE void MomentPixels(const float* values, const float* origin, float* sum, float* square, int64_t pixels,
                                   int channels) {
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

template <int kLanes>
NASSHRINK_INLINE void MomentRows(const Shape& shape, const float* values, float* partial, int64_t begin, int64_t end) {
  for (int64_t image = begin; image < end; ++image) {
    float* sum = partial + image * 2 * shape.channels;
    std::memset(sum, 0, static_cast<size_t>(2 * shape.channels) * sizeof(float));
    for (int h = 0; h < shape.height; ++h) {
      MomentPixels<kLanes>(values + (image * shape.height + h) * shape.width * shape.channels, values, sum,
                           sum + shape.channels, shape.width, shape.channels);
    }
  }
}

NASSHRINK_CLONES void MomentImages(const Shape& shape, const float* values, float* partial, int64_t begin,
                                   int64_t end) {
  if (shape.channels % 16 == 0) return MomentRows<16>(shape, values, partial, begin, end);
  if (shape.channels % 8 == 0) return MomentRows<8>(shape, values, partial, begin, end);
  if (shape.channels % 4 == 0) return MomentRows<4>(shape, values, partial, begin, end);
  MomentRows<1>(shape, values, partial, begin, end);
}

std::vector<double> SumOverImages(const std::vector<float>& partial, int64_t images, int64_t width) {
  std::vector<double> sums(static_cast<size_t>(width), 0.0);
  for (int64_t image = 0; image < images; ++image) {
    for (int64_t i = 0; i < width; ++i) sums[static_cast<size_t>(i)] += partial[static_cast<size_t>(image * width + i)];
  }
  return sums;
}

}  // namespace

void Combine(const CombineInput& input, float* raw, float* rectified) {
  const int64_t count = input.shape.row();
  ParallelFor(input.shape.images, input.shape.size() / input.shape.images, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(static_cast<size_t>(2 * (count + input.shape.channels)));
    CombineImages(input, raw, rectified, begin, end, scratch.data(), scratch.data() + count);
  });
}

void AssembleGradient(const GradientInput& input, float* gradient, std::vector<double>* sums) {
  const Shape& shape = input.shape;
  const int64_t width = static_cast<int64_t>(1 + input.products.size()) * shape.channels;
  std::vector<float> partial(static_cast<size_t>(shape.images * width));
  ParallelFor(shape.images, shape.size() / shape.images, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(static_cast<size_t>(shape.row() + int64_t{2} * shape.channels));
    GradientImages(input, gradient, partial.data(), begin, end, scratch.data());
  });
  *sums = SumOverImages(partial, shape.images, width);
}

void NormaliseBackward(const Shape& shape, const float* gradient, const std::vector<NormaliseBackwardTerm>& terms) {
  if (terms.empty()) return;
  ParallelFor(shape.images, shape.size() / shape.images,
              [&](int64_t begin, int64_t end) { NormaliseImages(shape, gradient, terms, begin, end); });
}

void ChannelMoments(const Shape& shape, const float* values, std::vector<double>* mean, std::vector<double>* variance) {
  const auto channels = static_cast<size_t>(shape.channels);
  std::vector<float> partial(static_cast<size_t>(shape.images) * 2 * channels);
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

void Halve(const Shape& shape, const float* values, float* halved) {
  const int64_t row = shape.row();
  ParallelFor(shape.images * (shape.height / 2), 2 * row, [&](int64_t begin, int64_t end) {
    for (int64_t h = begin; h < end; ++h) {
      const float* upper = values + 2 * h * row;
      const float* lower = upper + row;
      float* target = halved + h * (row / 2);
      for (int w = 0; w < shape.width / 2; ++w) {
        for (int c = 0; c < shape.channels; ++c) {
          const int64_t left = static_cast<int64_t>(2 * w) * shape.channels + c;
          const int64_t right = left + shape.channels;
          target[static_cast<int64_t>(w) * shape.channels + c] =
              0.25F * ((upper[left] + upper[right]) + (lower[left] + lower[right]));
        }
      }
    }
  });
}

void HalveBackward(const Shape& shape, const float* halved_gradient, float* gradient) {
  const int64_t row = shape.row();
  ParallelFor(shape.images * shape.height, row, [&](int64_t begin, int64_t end) {
    for (int64_t h = begin; h < end; ++h) {
      const float* source = halved_gradient + (h / 2) * (row / 2);
      float* target = gradient + h * row;
      for (int w = 0; w < shape.width; ++w) {
        for (int c = 0; c < shape.channels; ++c) {
          target[static_cast<int64_t>(w) * shape.channels + c] =
              0.25F * source[static_cast<int64_t>(w / 2) * shape.channels + c];
        }
      }
    }
  });
}

void PixelMean(const Shape& shape, const float* values, float* means) {
  const int64_t pixels = static_cast<int64_t>(shape.height) * shape.width;
  const float factor = 1.0F / static_cast<float>(pixels);
  ParallelFor(shape.images, shape.size() / shape.images, [&](int64_t begin, int64_t end) {
    for (int64_t image = begin; image < end; ++image) {
      float* mean = means + image * shape.channels;
      std::memset(mean, 0, static_cast<size_t>(shape.channels) * sizeof(float));
      for (int64_t p = 0; p < pixels; ++p) {
        const float* pixel = values + (image * pixels + p) * shape.channels;
        for (int c = 0; c < shape.channels; ++c) mean[c] += pixel[c];
      }
      for (int c = 0; c < shape.channels; ++c) mean[c] *= factor;
    }
  });
}

void PixelMeanBackward(const Shape& shape, const float* mean_gradient, float* gradient) {
  const int64_t pixels = static_cast<int64_t>(shape.height) * shape.width;
  const float factor = 1.0F / static_cast<float>(pixels);
  ParallelFor(shape.images, shape.size() / shape.images, [&](int64_t begin, int64_t end) {
    for (int64_t image = begin; image < end; ++image) {
      const float* source = mean_gradient + image * shape.channels;
      for (int64_t p = 0; p < pixels; ++p) {
        float* pixel = gradient + (image * pixels + p) * shape.channels;
        for (int c = 0; c < shape.channels; ++c) pixel[c] = factor * source[c];
      }
    }
  });
}

}  // namespace nasshrink::nn
