#include "nn/moves.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "nn/parallel.h"

namespace nasshrink::nn {
namespace {

// The part of a window that lies inside the picture, along one axis.
struct Range {
  int begin = 0;
  int end = 0;
  int first = 0;  // position in the window of `begin`
};

Range WindowAt(int out, int stride, int padding, int kernel, int size) {
  const int start = out * stride - padding;
  return {std::max(start, 0), std::min(start + kernel, size), std::max(start, 0) - start};
}

template <typename Body>
void ForImages(const Shape& shape, const Body& body) {
  ParallelFor(shape.images, shape.size() / shape.images, [&](int64_t begin, int64_t end) {
    for (int64_t image = begin; image < end; ++image) body(image);
  });
}

// Calls body(result's pixel, rows, columns) for every result of one image.
template <typename Body>
void ForWindows(const PoolSize& size, int64_t image, const Body& body) {
  for (int y = 0; y < size.out.height; ++y) {
    const Range rows = WindowAt(y, size.stride_height, size.padding(), size.kernel, size.in.height);
    for (int x = 0; x < size.out.width; ++x) {
      const Range columns = WindowAt(x, size.stride_width, size.padding(), size.kernel, size.in.width);
      body((image * size.out.height + y) * size.out.width + x, rows, columns);
    }
  }
}

// Calls body(cell's pixel, its number in the window).
template <typename Body>
void ForCells(const PoolSize& size, int64_t image, const Range& rows, const Range& columns, const Body& body) {
  for (int y = rows.begin; y < rows.end; ++y) {
    for (int x = columns.begin; x < columns.end; ++x) {
      const int cell = (rows.first + y - rows.begin) * size.kernel + columns.first + x - columns.begin;
      body((image * size.in.height + y) * size.in.width + x, cell);
    }
  }
}

int Area(const Range& rows, const Range& columns) { return (rows.end - rows.begin) * (columns.end - columns.begin); }

// The first of equal cells counts; not a number wins, so that it reaches the loss (PyTorch).
template <typename T>
void Larger(const T* values, int cell, bool first, int channels, T* best, uint8_t* taken) {
  for (int c = 0; c < channels; ++c) {
    const bool larger = first || values[c] > best[c] || values[c] != values[c];
    best[c] = larger ? values[c] : best[c];
    taken[c] = larger ? static_cast<uint8_t>(cell) : taken[c];
  }
}

}  // namespace

template <typename T>
void Pool(const PoolSize& size, const T* in, T* out, uint8_t* taken) {
  const int channels = size.in.channels;
  ForImages(size.out, [&](int64_t image) {
    ForWindows(size, image, [&](int64_t pixel, const Range& rows, const Range& columns) {
      T* result = out + pixel * channels;
      if (size.kind == space::PoolKind::kMax) {
        bool first = true;
        ForCells(size, image, rows, columns, [&](int64_t at, int cell) {
          Larger(in + at * channels, cell, first, channels, result, taken + pixel * channels);
          first = false;
        });
        return;
      }
      std::memset(result, 0, static_cast<size_t>(channels) * sizeof(T));
      ForCells(size, image, rows, columns, [&](int64_t at, int /*cell*/) {
        for (int c = 0; c < channels; ++c) result[c] += in[at * channels + c];
      });
      const T share = T(1) / static_cast<T>(Area(rows, columns));
      for (int c = 0; c < channels; ++c) result[c] *= share;
    });
  });
}

template <typename T>
void PoolBackward(const PoolSize& size, const T* out_gradient, const uint8_t* taken, T* in_gradient) {
  const int channels = size.in.channels;
  const int64_t per_image = size.in.size() / size.in.images;
  ForImages(size.in, [&](int64_t image) {
    std::memset(in_gradient + image * per_image, 0, static_cast<size_t>(per_image) * sizeof(T));
    ForWindows(size, image, [&](int64_t pixel, const Range& rows, const Range& columns) {
      const T* gradient = out_gradient + pixel * channels;
      if (size.kind == space::PoolKind::kMax) {
        const uint8_t* cells = taken + pixel * channels;
        ForCells(size, image, rows, columns, [&](int64_t at, int cell) {
          for (int c = 0; c < channels; ++c) in_gradient[at * channels + c] += cells[c] == cell ? gradient[c] : T(0);
        });
        return;
      }
      const T share = T(1) / static_cast<T>(Area(rows, columns));
      ForCells(size, image, rows, columns, [&](int64_t at, int /*cell*/) {
        for (int c = 0; c < channels; ++c) in_gradient[at * channels + c] += share * gradient[c];
      });
    });
  });
}

template <typename T>
void CopyChannels(const ChannelCopy<T>& copy) {
  ParallelFor(copy.pixels, copy.count, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      const T* from = copy.from + p * copy.from_channels;
      T* to = copy.to + p * copy.to_channels;
      if (copy.from_step == 1 && copy.to_step == 1) {
        std::memcpy(to, from, static_cast<size_t>(copy.count) * sizeof(T));
        continue;
      }
      for (int c = 0; c < copy.count; ++c) {
        to[static_cast<int64_t>(c) * copy.to_step] = from[static_cast<int64_t>(c) * copy.from_step];
      }
    }
  });
}

template <typename T>
void Shift(const Shape& shape, int by, const T* in, T* out) {
  const int64_t row = shape.row();
  ForImages(shape, [&](int64_t image) {
    for (int y = 0; y < shape.height; ++y) {
      T* target = out + (image * shape.height + y) * row;
      std::memset(target, 0, static_cast<size_t>(row) * sizeof(T));
      const int from = y + by;
      if (from < 0 || from >= shape.height || shape.width == 1) continue;
      const T* source = in + (image * shape.height + from) * row;
      const int64_t skipped = shape.channels;
      std::memcpy(target + (by < 0 ? skipped : 0), source + (by < 0 ? 0 : skipped),
                  static_cast<size_t>(row - skipped) * sizeof(T));
    }
  });
}

template <typename T>
void Subsample(const PoolSize& size, const T* in, T* out) {
  const int channels = size.in.channels;
  ForImages(size.out, [&](int64_t image) {
    for (int y = 0; y < size.out.height; ++y) {
      for (int x = 0; x < size.out.width; ++x) {
        const int64_t to = (image * size.out.height + y) * size.out.width + x;
        const int64_t from = (image * size.in.height + y * size.stride_height) * size.in.width + x * size.stride_width;
        std::memcpy(out + to * channels, in + from * channels, static_cast<size_t>(channels) * sizeof(T));
      }
    }
  });
}

template <typename T>
void SubsampleBackward(const PoolSize& size, const T* out_gradient, T* in_gradient) {
  const int channels = size.in.channels;
  const int64_t per_image = size.in.size() / size.in.images;
  ForImages(size.in, [&](int64_t image) {
    std::memset(in_gradient + image * per_image, 0, static_cast<size_t>(per_image) * sizeof(T));
    for (int y = 0; y < size.out.height; ++y) {
      for (int x = 0; x < size.out.width; ++x) {
        const int64_t from = (image * size.out.height + y) * size.out.width + x;
        const int64_t to = (image * size.in.height + y * size.stride_height) * size.in.width + x * size.stride_width;
        std::memcpy(in_gradient + to * channels, out_gradient + from * channels,
                    static_cast<size_t>(channels) * sizeof(T));
      }
    }
  });
}

template <typename T>
void Multiply(const Shape& shape, const T* a, const T* b, T* out) {
  const int64_t count = shape.size() / shape.images;
  ForImages(shape, [&](int64_t image) {
    for (int64_t i = image * count; i < (image + 1) * count; ++i) out[i] = a[i] * b[i];
  });
}

template <typename T>
void ScaleChannels(const Shape& shape, const T* in, const T* factors, T* out) {
  const int64_t pixels = static_cast<int64_t>(shape.height) * shape.width;
  ForImages(shape, [&](int64_t image) {
    const T* factor = factors + image * shape.channels;
    for (int64_t p = image * pixels; p < (image + 1) * pixels; ++p) {
      for (int c = 0; c < shape.channels; ++c) {
        out[p * shape.channels + c] = in[p * shape.channels + c] * factor[c];
      }
    }
  });
}

template <typename T>
void ScaleImages(const Shape& shape, const T* in, const T* factors, T* out) {
  const int64_t size = static_cast<int64_t>(shape.height) * shape.row();
  ForImages(shape, [&](int64_t image) {
    for (int64_t i = image * size; i < (image + 1) * size; ++i) out[i] = in[i] * factors[image];
  });
}

template <typename T>
void ScaleFactorsBackward(const Shape& shape, const T* out_gradient, const T* in, T* factor_gradient) {
  const int64_t pixels = static_cast<int64_t>(shape.height) * shape.width;
  ForImages(shape, [&](int64_t image) {
    T* sum = factor_gradient + image * shape.channels;
    std::memset(sum, 0, static_cast<size_t>(shape.channels) * sizeof(T));
    for (int64_t p = image * pixels; p < (image + 1) * pixels; ++p) {
      for (int c = 0; c < shape.channels; ++c) {
        sum[c] += out_gradient[p * shape.channels + c] * in[p * shape.channels + c];
      }
    }
  });
}

template <typename T>
void PixelMean(const Shape& shape, const T* values, T* means) {
  const int64_t pixels = static_cast<int64_t>(shape.height) * shape.width;
  const T factor = T(1) / static_cast<T>(pixels);
  ForImages(shape, [&](int64_t image) {
    T* mean = means + image * shape.channels;
    std::memset(mean, 0, static_cast<size_t>(shape.channels) * sizeof(T));
    for (int64_t p = 0; p < pixels; ++p) {
      const T* pixel = values + (image * pixels + p) * shape.channels;
      for (int c = 0; c < shape.channels; ++c) mean[c] += pixel[c];
    }
    for (int c = 0; c < shape.channels; ++c) mean[c] *= factor;
  });
}

template <typename T>
void PixelMeanBackward(const Shape& shape, const T* mean_gradient, T* gradient) {
  const int64_t pixels = static_cast<int64_t>(shape.height) * shape.width;
  const T factor = T(1) / static_cast<T>(pixels);
  ForImages(shape, [&](int64_t image) {
    const T* source = mean_gradient + image * shape.channels;
    for (int64_t p = 0; p < pixels; ++p) {
      T* pixel = gradient + (image * pixels + p) * shape.channels;
      for (int c = 0; c < shape.channels; ++c) pixel[c] = factor * source[c];
    }
  });
}

#define NASSHRINK_MOVES(T)                                                   \
  template void Pool(const PoolSize&, const T*, T*, uint8_t*);               \
  template void PoolBackward(const PoolSize&, const T*, const uint8_t*, T*); \
  template void CopyChannels(const ChannelCopy<T>&);                         \
  template void Shift(const Shape&, int, const T*, T*);                      \
  template void Subsample(const PoolSize&, const T*, T*);                    \
  template void SubsampleBackward(const PoolSize&, const T*, T*);            \
  template void Multiply(const Shape&, const T*, const T*, T*);              \
  template void ScaleChannels(const Shape&, const T*, const T*, T*);         \
  template void ScaleImages(const Shape&, const T*, const T*, T*);           \
  template void ScaleFactorsBackward(const Shape&, const T*, const T*, T*);  \
  template void PixelMean(const Shape&, const T*, T*);                       \
  template void PixelMeanBackward(const Shape&, const T*, T*);
NASSHRINK_MOVES(float)
NASSHRINK_MOVES(double)
#undef NASSHRINK_MOVES

}  // namespace nasshrink::nn
