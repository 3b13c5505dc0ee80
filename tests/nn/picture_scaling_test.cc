#include "nn/picture_scaling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "nn/picture_bytes.h"

namespace nasshrink::nn {
namespace {

// One pixel of the scaled part: the mean of all pixels of the part under a triangle around the pixel's place, whose
// half side is one pixel of the larger of the two pictures.
double Expected(const Picture& picture, const Box& box, uint32_t height, uint32_t width, uint32_t row, uint32_t column,
                uint32_t channel) {
  const double down = static_cast<double>(box.height) / height;
  const double across = static_cast<double>(box.width) / width;
  const auto triangle = [](double distance, double scale) {
    return std::max(0.0, 1 - std::abs(distance) / std::max(1.0, scale));
  };
  double sum = 0;
  double weights = 0;
  for (uint32_t y = 0; y < box.height; ++y) {
    for (uint32_t x = 0; x < box.width; ++x) {
      const double weight =
          triangle(y + 0.5 - (row + 0.5) * down, down) * triangle(x + 0.5 - (column + 0.5) * across, across);
      sum += weight * picture.at(box.top + y, box.left + x)[channel];
      weights += weight;
    }
  }
  return sum / weights;
}

TEST(PictureScalingTest, EveryPixelIsTheMeanUnderATriangle) {
  struct Case {
    uint32_t channels, height, width;
    Box box;
    uint32_t to_height, to_width;
  };
  for (const Case& test :
       {Case{3, 20, 30, {0, 0, 20, 30}, 8, 11}, Case{3, 20, 30, {3, 5, 10, 21}, 16, 16},
        Case{1, 7, 9, {1, 1, 5, 3}, 12, 20}, Case{3, 1, 1, {0, 0, 1, 1}, 4, 5}, Case{1, 40, 3, {0, 0, 40, 3}, 1, 1}}) {
    const Picture picture = NoisePicture(test.channels, test.height, test.width, 7);
    const Picture scaled = ScalePart(picture, test.box, test.to_height, test.to_width);
    ASSERT_EQ(scaled.pixels.size(), size_t{test.channels} * test.to_height * test.to_width);
    for (uint32_t row = 0; row < test.to_height; ++row) {
      for (uint32_t column = 0; column < test.to_width; ++column) {
        for (uint32_t c = 0; c < test.channels; ++c) {
          // Columns and rows are rounded to bytes one after the other.
          ASSERT_NEAR(scaled.at(row, column)[c],
                      Expected(picture, test.box, test.to_height, test.to_width, row, column, c), 1.01)
              << row << " " << column;
        }
      }
    }
  }
}

TEST(PictureScalingTest, TheSameSizeChangesNothing) {
  const Picture picture = NoisePicture(3, 9, 13, 8);
  EXPECT_EQ(ScalePart(picture, {0, 0, 9, 13}, 9, 13).pixels, picture.pixels);
}

// torchvision: Resize(256) makes 341x256 of 640x480, CenterCrop(224) takes rows 16..239 and columns 58..281.
TEST(PictureScalingTest, EvaluationSeesTheMiddleOfThePicture) {
  const Picture picture = SmoothPicture(480, 640, 0.5);
  const Picture scaled = ScalePart(picture, {0, 0, 480, 640}, 256, 341);
  const Picture middle = ScaledMiddle(picture, 224, 224);
  ASSERT_EQ(middle.height, 224U);
  ASSERT_EQ(middle.width, 224U);
  for (uint32_t row : {0U, 100U, 223U}) {
    for (uint32_t column : {0U, 77U, 223U}) {
      for (uint32_t c = 0; c < 3; ++c) ASSERT_EQ(middle.at(row, column)[c], scaled.at(row + 16, column + 58)[c]);
    }
  }
}

TEST(PictureScalingTest, AnyShapeOfPictureAndResultFits) {
  for (const auto& [height, width] : {std::pair{1U, 1U}, {1U, 50U}, {3000U, 2U}, {2U, 3000U}, {31U, 33U}}) {
    const Picture picture = NoisePicture(3, height, width, 9);
    for (const auto& [to_height, to_width] : {std::pair{1U, 1U}, {8U, 8U}, {5U, 32U}, {32U, 5U}}) {
      const Picture middle = ScaledMiddle(picture, to_height, to_width);
      EXPECT_EQ(middle.height, to_height);
      EXPECT_EQ(middle.width, to_width);
      EXPECT_EQ(middle.pixels.size(), middle.size());
    }
  }
}

}  // namespace
}  // namespace nasshrink::nn
