#include "nn/rand_augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <set>

#include "nn/colour.h"
#include "nn/picture_bytes.h"

namespace nasshrink::nn {
namespace {

constexpr double kPi = 3.14159265358979323846;

Picture Changed(const Picture& picture, PictureOperation operation, double magnitude, bool negative = false) {
  Picture out = picture;
  Apply(operation, magnitude, negative, &out);
  return out;
}

// Both pictures agree within `tolerance` levels everywhere.
void ExpectNear(const Picture& picture, const Picture& expected, int tolerance) {
  ASSERT_EQ(picture.pixels.size(), expected.pixels.size());
  for (size_t i = 0; i < picture.pixels.size(); ++i) {
    ASSERT_LE(std::abs(picture.pixels[i] - expected.pixels[i]), tolerance) << "value " << i;
  }
}

using ValueOf = std::function<double(const Picture&, uint32_t row, uint32_t column, uint32_t channel)>;

Picture Computed(const Picture& picture, const ValueOf& value) {
  Picture out = picture;
  for (uint32_t row = 0; row < picture.height; ++row) {
    for (uint32_t column = 0; column < picture.width; ++column) {
      for (uint32_t c = 0; c < picture.channels; ++c) {
        out.at(row, column)[c] =
            static_cast<uint8_t>(std::clamp(std::floor(value(picture, row, column, c)), 0.0, 255.0));
      }
    }
  }
  return out;
}

double GreyOf(const Picture& picture, uint32_t row, uint32_t column) {
  const uint8_t* pixel = picture.at(row, column);
  return picture.channels == 1 ? pixel[0] : std::floor(0.2989 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]);
}

std::vector<Picture> Pictures() {
  return {NoisePicture(3, 13, 17, 1), NoisePicture(1, 16, 12, 2), SmoothPicture(20, 15, 0.4)};
}

TEST(ColourTest, BrightnessContrastAndSaturationAreBlends) {
  for (const Picture& picture : Pictures()) {
    double mean = 0;
    for (uint32_t row = 0; row < picture.height; ++row) {
      for (uint32_t column = 0; column < picture.width; ++column) mean += GreyOf(picture, row, column);
    }
    mean /= static_cast<double>(picture.height) * picture.width;
    for (const double factor : {0.0, 0.37, 1.0, 1.63}) {
      Picture bright = picture;
      AdjustBrightness(static_cast<float>(factor), &bright);
      ExpectNear(bright,
                 Computed(picture, [&](const Picture& p, uint32_t row, uint32_t column,
                                       uint32_t c) { return factor * p.at(row, column)[c]; }),
                 1);
      Picture contrast = picture;
      AdjustContrast(static_cast<float>(factor), &contrast);
      ExpectNear(contrast,
                 Computed(picture, [&](const Picture& p, uint32_t row, uint32_t column,
                                       uint32_t c) { return mean + factor * (p.at(row, column)[c] - mean); }),
                 1);
      Picture saturated = picture;
      AdjustSaturation(static_cast<float>(factor), &saturated);
      ExpectNear(saturated,
                 Computed(picture,
                          [&](const Picture& p, uint32_t row, uint32_t column, uint32_t c) {
                            const double grey = GreyOf(p, row, column);
                            return p.channels == 1 ? grey : grey + factor * (p.at(row, column)[c] - grey);
                          }),
                 1);
    }
  }
}

TEST(RandAugmentTest, MagnitudeZeroChangesNothingButHistograms) {
  for (const Picture& picture : Pictures()) {
    for (uint32_t i = 0; i < kPictureOperations; ++i) {
      const auto operation = static_cast<PictureOperation>(i);
      if (operation == PictureOperation::kAutoContrast || operation == PictureOperation::kEqualize) continue;
      for (const bool negative : {false, true}) {
        EXPECT_EQ(Changed(picture, operation, 0, negative).pixels, picture.pixels) << i;
      }
    }
  }
}

TEST(RandAugmentTest, ColourOperationsAreBlendsWithinAutoAugmentsRange) {
  for (const Picture& picture : Pictures()) {
    for (const bool negative : {false, true}) {
      const float factor = negative ? 0.37F : 1.63F;  // 1 -+ 0.9 * 7 / 10
      Picture expected = picture;
      AdjustBrightness(factor, &expected);
      ExpectNear(Changed(picture, PictureOperation::kBrightness, 7, negative), expected, 1);
      expected = picture;
      AdjustContrast(factor, &expected);
      ExpectNear(Changed(picture, PictureOperation::kContrast, 7, negative), expected, 1);
      expected = picture;
      AdjustSaturation(factor, &expected);
      ExpectNear(Changed(picture, PictureOperation::kColor, 7, negative), expected, 1);
    }
  }
}

TEST(RandAugmentTest, SharpnessBlendsWithTheSmoothedPicture) {
  const auto sharpened = [](double factor) {
    return [factor](const Picture& p, uint32_t row, uint32_t column, uint32_t c) -> double {
      const double value = p.at(row, column)[c];
      if (row == 0 || column == 0 || row + 1 == p.height || column + 1 == p.width) return value;
      double smooth = 0;
      for (int y = -1; y <= 1; ++y) {
        for (int x = -1; x <= 1; ++x) {
          const double weight = y == 0 && x == 0 ? 5 : 1;
          smooth += weight / 13 * p.at(row + static_cast<uint32_t>(y), column + static_cast<uint32_t>(x))[c];
        }
      }
      smooth = std::round(smooth);
      return smooth + factor * (value - smooth);
    };
  };
  for (const Picture& picture : Pictures()) {
    ExpectNear(Changed(picture, PictureOperation::kSharpness, 10), Computed(picture, sharpened(1.9)), 1);
    ExpectNear(Changed(picture, PictureOperation::kSharpness, 5, true), Computed(picture, sharpened(0.55)), 1);
  }
  EXPECT_EQ(Changed(NoisePicture(3, 1, 4, 3), PictureOperation::kSharpness, 10).pixels,
            NoisePicture(3, 1, 4, 3).pixels);
}

TEST(RandAugmentTest, SolarizeAndPosterizeWorkOnBits) {
  const Picture picture = NoisePicture(3, 16, 16, 4);
  const Picture inverted = Changed(picture, PictureOperation::kSolarize, 10);
  const Picture half = Changed(picture, PictureOperation::kSolarize, 5);
  const Picture coarse = Changed(picture, PictureOperation::kPosterize, 10);
  const Picture finer = Changed(picture, PictureOperation::kPosterize, 5);
  for (size_t i = 0; i < picture.pixels.size(); ++i) {
    const int value = picture.pixels[i];
    ASSERT_EQ(inverted.pixels[i], 255 - value);
    ASSERT_EQ(half.pixels[i], value < 128 ? value : 255 - value);
    ASSERT_EQ(coarse.pixels[i], value / 16 * 16);
    ASSERT_EQ(finer.pixels[i], value / 4 * 4);
  }
}

TEST(RandAugmentTest, AutoContrastStretchesEveryChannel) {
  Picture picture{3, 4, 8, {}};
  for (int i = 0; i < 32; ++i) {
    picture.pixels.push_back(static_cast<uint8_t>(50 + i));                          // 50..81
    picture.pixels.push_back(static_cast<uint8_t>(100));                             // one value
    picture.pixels.push_back(static_cast<uint8_t>(i == 3 ? 255 : i == 4 ? 0 : 90));  // all of the range
  }
  const Picture stretched = Changed(picture, PictureOperation::kAutoContrast, 9);
  for (size_t i = 0; i < 32; ++i) {
    EXPECT_NEAR(stretched.pixels[3 * i], 255.0 * static_cast<double>(i) / 31, 1);
    EXPECT_EQ(stretched.pixels[3 * i + 1], 100);
    EXPECT_EQ(stretched.pixels[3 * i + 2], picture.pixels[3 * i + 2]);
  }
  EXPECT_EQ(stretched.pixels[0], 0);
  EXPECT_EQ(stretched.pixels[93], 255);
}

// PIL: every value becomes (step / 2 + pixels below it) / step with step = (pixels - those of the last value) / 255.
TEST(RandAugmentTest, EqualizeFlattensEveryChannel) {
  for (const Picture& picture : {SmoothPicture(40, 50, 0.2), NoisePicture(1, 33, 31, 5)}) {
    const Picture flat = Changed(picture, PictureOperation::kEqualize, 9);
    for (uint32_t c = 0; c < picture.channels; ++c) {
      std::vector<int> values;
      for (size_t i = c; i < picture.size(); i += picture.channels) values.push_back(picture.pixels[i]);
      std::sort(values.begin(), values.end());
      const auto last = static_cast<size_t>(std::count(values.begin(), values.end(), values.back()));
      const size_t step = (values.size() - last) / 255;
      ASSERT_GT(step, 0U);
      for (size_t i = c; i < picture.size(); i += picture.channels) {
        const auto below =
            static_cast<size_t>(std::lower_bound(values.begin(), values.end(), picture.pixels[i]) - values.begin());
        ASSERT_EQ(flat.pixels[i], std::min<size_t>(255, (step / 2 + below) / step));
      }
    }
  }
  const Picture few = NoisePicture(3, 5, 5, 6);  // too few pixels for a step
  EXPECT_EQ(Changed(few, PictureOperation::kEqualize, 9).pixels, few.pixels);
}

// A pixel is that of the place which `from` gives for its centre, black outside.
void ExpectMoved(const Picture& picture, const Picture& moved,
                 const std::function<std::complex<double>(std::complex<double>)>& from) {
  for (uint32_t row = 0; row < picture.height; ++row) {
    for (uint32_t column = 0; column < picture.width; ++column) {
      const std::complex<double> at = from({column + 0.5, row + 0.5});
      const bool inside = at.real() >= 0 && at.imag() >= 0 && at.real() < picture.width && at.imag() < picture.height;
      for (uint32_t c = 0; c < picture.channels; ++c) {
        const int expected =
            inside ? picture.at(static_cast<uint32_t>(at.imag()), static_cast<uint32_t>(at.real()))[c] : 0;
        ASSERT_EQ(moved.at(row, column)[c], expected) << row << " " << column;
      }
    }
  }
}

TEST(RandAugmentTest, GeometryMovesPixelsToTheNearestPlace) {
  for (const Picture& picture : Pictures()) {
    const std::complex<double> middle(picture.width / 2.0, picture.height / 2.0);
    for (const int sign : {1, -1}) {
      const bool negative = sign < 0;
      ExpectMoved(picture, Changed(picture, PictureOperation::kRotate, 7, negative), [&](std::complex<double> at) {
        return middle + (at - middle) * std::polar(1.0, -sign * 21 * kPi / 180);
      });
      ExpectMoved(picture, Changed(picture, PictureOperation::kShearX, 9, negative),
                  [&](std::complex<double> at) { return at + sign * 0.27 * at.imag(); });
      ExpectMoved(picture, Changed(picture, PictureOperation::kShearY, 9, negative),
                  [&](std::complex<double> at) { return at + std::complex<double>(0, sign * 0.27 * at.real()); });
      const double right = std::floor(150.0 / 331 * 0.8 * picture.width);
      ExpectMoved(picture, Changed(picture, PictureOperation::kTranslateX, 8, negative),
                  [&](std::complex<double> at) { return at + sign * right; });
      const double down = std::floor(150.0 / 331 * 0.8 * picture.height);
      ExpectMoved(picture, Changed(picture, PictureOperation::kTranslateY, 8, negative),
                  [&](std::complex<double> at) { return at + std::complex<double>(0, sign * down); });
    }
  }
}

TEST(RandAugmentTest, DrawsEveryOperationBothWays) {
  // A picture that each operation, in each direction, turns into another one.
  const Picture picture = SmoothPicture(32, 32, 0.3);
  std::set<std::vector<uint8_t>> seen;
  for (uint32_t i = 0; i < 600; ++i) {
    base::Philox random(1, base::Purpose::kRandAugment, i);
    Picture changed = picture;
    RandAugment(1, 9, random, &changed);
    seen.insert(changed.pixels);
  }
  // Nine have a direction; identity, autocontrast, equalize, solarize and posterize have not.
  EXPECT_EQ(seen.size(), 9U * 2 + 5);
}

}  // namespace
}  // namespace nasshrink::nn
