#include "nn/rand_augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "nn/colour.h"

namespace nasshrink::nn {
namespace {

constexpr double kMostShear = 0.3;
constexpr double kMostShift = 150.0 / 331.0;
constexpr double kMostAngle = 30.0 * 3.14159265358979323846 / 180.0;
constexpr double kMostBlend = 0.9;
constexpr double kMostBitsLost = 4;

using Histogram = std::array<uint32_t, 256>;

// Replaces every value of a channel by the table that `table(histogram)` gives for it.
template <typename Table>
void MapChannels(Picture* picture, const Table& table) {
  const size_t channels = picture->channels;
  for (size_t c = 0; c < channels; ++c) {
    Histogram histogram{};
    for (size_t i = c; i < picture->size(); i += channels) ++histogram[picture->pixels[i]];
    const std::array<uint8_t, 256> mapped = table(histogram);
    for (size_t i = c; i < picture->size(); i += channels) picture->pixels[i] = mapped[picture->pixels[i]];
  }
}

std::array<uint8_t, 256> Unchanged() {
  std::array<uint8_t, 256> table{};
  for (size_t value = 0; value < table.size(); ++value) table[value] = static_cast<uint8_t>(value);
  return table;
}

// PIL's ImageOps.autocontrast.
std::array<uint8_t, 256> Stretched(const Histogram& histogram) {
  std::array<uint8_t, 256> table = Unchanged();
  size_t low = 0;
  size_t high = 255;
  while (low < high && histogram[low] == 0) ++low;
  while (high > low && histogram[high] == 0) --high;
  if (low == high) return table;
  for (size_t value = low; value <= high; ++value) {
    table[value] = static_cast<uint8_t>((value - low) * 255 / (high - low));
  }
  return table;
}

// PIL's ImageOps.equalize.
std::array<uint8_t, 256> Equalized(const Histogram& histogram) {
  std::array<uint8_t, 256> table = Unchanged();
  uint32_t total = 0;
  uint32_t last = 0;
  for (const uint32_t count : histogram) {
    total += count;
    if (count != 0) last = count;
  }
  const uint32_t step = (total - last) / 255;
  if (step == 0) return table;
  uint32_t below = step / 2;
  for (size_t value = 0; value < table.size(); ++value) {
    table[value] = static_cast<uint8_t>(std::min(below / step, 255U));
    below += histogram[value];
  }
  return table;
}

template <typename Value>
void MapValues(Picture* picture, const Value& value) {
  std::transform(picture->pixels.begin(), picture->pixels.end(), picture->pixels.begin(), value);
}

// The pixel at (x, y) comes from the source's (a x + b y + c, d x + e y + f), both measured at pixel centres.
struct Affine {
  double a = 1, b = 0, c = 0, d = 0, e = 1, f = 0;
};

void Move(const Affine& map, Picture* picture) {
  const Picture source = *picture;
  std::fill(picture->pixels.begin(), picture->pixels.end(), uint8_t{0});
  for (uint32_t row = 0; row < source.height; ++row) {
    for (uint32_t column = 0; column < source.width; ++column) {
      const double x = column + 0.5;
      const double y = row + 0.5;
      const double from_x = std::floor(map.a * x + map.b * y + map.c);
      const double from_y = std::floor(map.d * x + map.e * y + map.f);
      if (from_x < 0 || from_y < 0 || from_x >= source.width || from_y >= source.height) continue;
      std::memcpy(picture->at(row, column), source.at(static_cast<uint32_t>(from_y), static_cast<uint32_t>(from_x)),
                  source.channels);
    }
  }
}

// About the middle of the picture.
Affine Rotation(double angle, const Picture& picture) {
  const double x = picture.width / 2.0;
  const double y = picture.height / 2.0;
  Affine map{std::cos(angle), std::sin(angle), 0, -std::sin(angle), std::cos(angle), 0};
  map.c = x - map.a * x - map.b * y;
  map.f = y - map.d * x - map.e * y;
  return map;
}

// Blends with PIL's ImageFilter.SMOOTH; the border has no smoothed pixels and stays.
void AdjustSharpness(float factor, Picture* picture) {
  const Picture source = *picture;
  for (uint32_t row = 1; row + 1 < source.height; ++row) {
    for (uint32_t column = 1; column + 1 < source.width; ++column) {
      for (uint32_t c = 0; c < source.channels; ++c) {
        uint32_t sum = uint32_t{source.at(row, column)[c]} * 4;
        for (uint32_t y = row - 1; y <= row + 1; ++y) {
          for (uint32_t x = column - 1; x <= column + 1; ++x) sum += source.at(y, x)[c];
        }
        const auto smooth = static_cast<float>((sum + 6) / 13);
        picture->at(row, column)[c] = Blend(source.at(row, column)[c], smooth, factor);
      }
    }
  }
}

}  // namespace

void Apply(PictureOperation operation, double magnitude, bool negative, Picture* picture) {
  const double share = magnitude / kMostMagnitude;
  const double direction = negative ? -share : share;
  const auto factor = static_cast<float>(1 + kMostBlend * direction);
  switch (operation) {
    case PictureOperation::kIdentity:
      return;
    case PictureOperation::kAutoContrast:
      return MapChannels(picture, Stretched);
    case PictureOperation::kEqualize:
      return MapChannels(picture, Equalized);
    case PictureOperation::kRotate:
      return Move(Rotation(kMostAngle * direction, *picture), picture);
    case PictureOperation::kSolarize: {
      const long threshold = std::lround(256 * (1 - share));
      return MapValues(picture, [threshold](uint8_t v) { return v < threshold ? v : static_cast<uint8_t>(255U - v); });
    }
    case PictureOperation::kColor:
      return AdjustSaturation(factor, picture);
    case PictureOperation::kPosterize: {
      const auto lost = static_cast<uint32_t>(std::lround(kMostBitsLost * share));
      return MapValues(picture, [lost](uint8_t v) { return static_cast<uint8_t>((v >> lost) << lost); });
    }
    case PictureOperation::kContrast:
      return AdjustContrast(factor, picture);
    case PictureOperation::kBrightness:
      return AdjustBrightness(factor, picture);
    case PictureOperation::kSharpness:
      return AdjustSharpness(factor, picture);
    case PictureOperation::kShearX:
      return Move({1, kMostShear * direction, 0, 0, 1, 0}, picture);
    case PictureOperation::kShearY:
      return Move({1, 0, 0, kMostShear * direction, 1, 0}, picture);
    case PictureOperation::kTranslateX:
      return Move({1, 0, std::trunc(kMostShift * direction * picture->width), 0, 1, 0}, picture);
    case PictureOperation::kTranslateY:
      return Move({1, 0, 0, 0, 1, std::trunc(kMostShift * direction * picture->height)}, picture);
  }
}

void RandAugment(uint32_t count, double magnitude, base::Philox& random, Picture* picture) {
  for (uint32_t i = 0; i < count; ++i) {
    const auto operation = static_cast<PictureOperation>(random.Below(kPictureOperations));
    Apply(operation, magnitude, random.Below(2) == 1, picture);
  }
}

}  // namespace nasshrink::nn
