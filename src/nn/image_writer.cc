#include "nn/image_writer.h"

#include <algorithm>

namespace nasshrink::nn {
namespace {

// `value(channel, at)` is the number at a place of the data, `outside(channel)` what lies around the image.
template <typename T, typename Value, typename Outside>
void Write(const ImageView<T>& image, const ImageShape& shape, const Placement& placement, const Value& value,
           const Outside& outside, float* out) {
  const auto height = static_cast<int>(shape.height);
  const auto width = static_cast<int>(shape.width);
  for (size_t c = 0; c < shape.channels; ++c) {
    const float around = outside(c);
    float* to = out + c;
    for (int h = 0; h < height; ++h) {
      const int row = h + placement.down;
      const bool inside = row >= 0 && row < height;
      const size_t start = c * image.channel + (inside ? static_cast<size_t>(row) * image.row : 0);
      for (int w = 0; w < width; ++w, to += shape.channels) {
        const int column = (placement.mirrored ? width - 1 - w : w) + placement.right;
        *to = inside && column >= 0 && column < width
                  ? value(c, image.data[start + static_cast<size_t>(column) * image.column])
                  : around;
      }
    }
  }
}

// DeVries and Taylor 2017: a square around a random pixel, cut at the border, set to the mean.
void CutHole(const ImageShape& shape, const Placement& placement, float* out) {
  const int top = placement.hole_row - placement.hole_side / 2;
  const int left = placement.hole_column - placement.hole_side / 2;
  const int first = std::max(left, 0);
  const int end = std::min(left + placement.hole_side, static_cast<int>(shape.width));
  for (int h = std::max(top, 0); h < std::min(top + placement.hole_side, static_cast<int>(shape.height)); ++h) {
    float* row = out + static_cast<size_t>(h) * shape.width * shape.channels;
    std::fill(row + static_cast<size_t>(first) * shape.channels, row + static_cast<size_t>(end) * shape.channels, 0.0F);
  }
}

}  // namespace

void WriteBytes(const ImageView<uint8_t>& image, const ImageShape& shape, const ByteValues& values,
                const Placement* placement, float* out) {
  const Placement place = placement == nullptr ? Placement() : *placement;
  const auto value = [&](size_t channel, uint8_t byte) { return values[channel * 256 + byte]; };
  Write(
      image, shape, place, value, [&](size_t channel) { return values[channel * 256]; }, out);
  CutHole(shape, place, out);
}

void WriteValues(const ImageView<float>& image, const ImageShape& shape, const Placement* placement, float* out) {
  const Placement place = placement == nullptr ? Placement() : *placement;
  Write(
      image, shape, place, [](size_t, float number) { return number; }, [](size_t) { return 0.0F; }, out);
  CutHole(shape, place, out);
}

}  // namespace nasshrink::nn
