#include "nn/picture_scaling.h"

#include <algorithm>
#include <cmath>

namespace nasshrink::nn {
namespace {

constexpr int kPrecision = 22;
// A picture is scaled so that the part kept by evaluation is 7/8 of its shorter side.
constexpr double kMargin = 8.0 / 7.0;
// More of a long picture than this many times its shorter side is never scaled.
constexpr uint32_t kMostRatio = 16;

// For every pixel of the result, which pixels of the source it is made of and how much of each.
struct Filter {
  struct Range {
    uint32_t first = 0;
    uint32_t count = 0;
  };
  std::vector<Range> ranges;
  std::vector<int32_t> weights;  // `most` a pixel
  uint32_t most = 0;
};

Filter MakeFilter(uint32_t from, uint32_t to) {
  const double scale = static_cast<double>(from) / to;
  const double support = std::max(scale, 1.0);
  Filter filter;
  filter.most = static_cast<uint32_t>(std::ceil(support)) * 2 + 1;
  filter.weights.resize(size_t{filter.most} * to);
  std::vector<double> parts(filter.most);
  for (uint32_t i = 0; i < to; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(centre - support + 0.5));
    const int end = std::min(static_cast<int>(from), static_cast<int>(centre + support + 0.5));
    double sum = 0;
    for (int x = first; x < end; ++x) {
      const double part = std::max(0.0, 1.0 - std::abs((x - centre + 0.5) / support));
      parts[static_cast<size_t>(x - first)] = part;
      sum += part;
    }
    filter.ranges.push_back({static_cast<uint32_t>(first), static_cast<uint32_t>(end - first)});
    for (uint32_t k = 0; k < filter.ranges.back().count; ++k) {
      filter.weights[size_t{i} * filter.most + k] = static_cast<int32_t>(0.5 + parts[k] / sum * (1 << kPrecision));
    }
  }
  return filter;
}

// Weights are positive and add up to 1 within rounding, so only the upper end can be passed.
uint8_t Rounded(uint32_t sum) { return static_cast<uint8_t>(std::min<uint32_t>(sum >> kPrecision, 255)); }

template <int kChannels>
void ScaleRow(const uint8_t* from, const Filter& filter, uint8_t* to) {
  for (size_t i = 0; i < filter.ranges.size(); ++i) {
    const Filter::Range range = filter.ranges[i];
    const int32_t* weights = filter.weights.data() + i * filter.most;
    uint32_t sums[kChannels];
    std::fill_n(sums, kChannels, 1U << (kPrecision - 1));
    const uint8_t* pixel = from + size_t{range.first} * kChannels;
    for (uint32_t k = 0; k < range.count; ++k, pixel += kChannels) {
      for (int c = 0; c < kChannels; ++c) sums[c] += uint32_t{pixel[c]} * static_cast<uint32_t>(weights[k]);
    }
    for (int c = 0; c < kChannels; ++c) *to++ = Rounded(sums[c]);
  }
}

// The whole picture, or the middle of a very long one.
Box MiddlePart(const Picture& picture) {
  Box box{0, 0, picture.height, picture.width};
  const uint64_t most = uint64_t{kMostRatio} * std::min(picture.height, picture.width);
  box.height = static_cast<uint32_t>(std::min<uint64_t>(box.height, most));
  box.width = static_cast<uint32_t>(std::min<uint64_t>(box.width, most));
  box.top = (picture.height - box.height) / 2;
  box.left = (picture.width - box.width) / 2;
  return box;
}

}  // namespace

Picture ScalePart(const Picture& picture, const Box& box, uint32_t height, uint32_t width) {
  const Filter across = MakeFilter(box.width, width);
  const Filter down = MakeFilter(box.height, height);
  const size_t row_size = size_t{width} * picture.channels;
  std::vector<uint8_t> rows(row_size * box.height);
  const auto scale_row = picture.channels == 3 ? ScaleRow<3> : ScaleRow<1>;
  for (uint32_t row = 0; row < box.height; ++row) {
    scale_row(picture.at(box.top + row, box.left), across, rows.data() + row * row_size);
  }
  Picture out{picture.channels, height, width, {}};
  out.pixels.resize(out.size());
  std::vector<uint32_t> sums(row_size);
  for (uint32_t row = 0; row < height; ++row) {
    std::fill(sums.begin(), sums.end(), 1U << (kPrecision - 1));
    for (uint32_t k = 0; k < down.ranges[row].count; ++k) {
      const auto weight = static_cast<uint32_t>(down.weights[size_t{row} * down.most + k]);
      const uint8_t* from = rows.data() + (down.ranges[row].first + k) * row_size;
      for (size_t i = 0; i < row_size; ++i) sums[i] += uint32_t{from[i]} * weight;
    }
    std::transform(sums.begin(), sums.end(), out.pixels.begin() + static_cast<ptrdiff_t>(row * row_size), Rounded);
  }
  return out;
}

Picture ScaledMiddle(const Picture& picture, uint32_t height, uint32_t width) {
  const double tall = std::max(1.0, std::round(height * kMargin));
  const double wide = std::max(1.0, std::round(width * kMargin));
  const Box box = MiddlePart(picture);
  // The side that just covers is met exactly; the other keeps the proportions, cut to whole pixels.
  const bool by_width = box.height * wide >= box.width * tall;
  const auto scaled_width =
      static_cast<uint32_t>(by_width ? wide : std::max(wide, std::floor(tall * box.width / box.height)));
  const auto scaled_height =
      static_cast<uint32_t>(by_width ? std::max(tall, std::floor(wide * box.height / box.width)) : tall);
  const Picture scaled = ScalePart(picture, box, scaled_height, scaled_width);
  const auto top = static_cast<uint32_t>(std::nearbyint((scaled_height - height) / 2.0));
  const auto left = static_cast<uint32_t>(std::nearbyint((scaled_width - width) / 2.0));
  Picture out{picture.channels, height, width, {}};
  for (uint32_t row = 0; row < height; ++row) {
    const uint8_t* from = scaled.at(top + row, left);
    out.pixels.insert(out.pixels.end(), from, from + size_t{width} * picture.channels);
  }
  return out;
}

}  // namespace nasshrink::nn
