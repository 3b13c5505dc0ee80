#include "nn/augmentation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "nn/colour.h"
#include "nn/picture_bytes.h"
#include "nn/picture_scaling.h"

namespace nasshrink::nn {
namespace {

Augmentation Only(const run::AugmentationOptions& options, uint32_t epoch = 3) {
  Augmentation augmentation;
  augmentation.seed = 11;
  augmentation.epoch = epoch;
  augmentation.picture = options;
  return augmentation;
}

TEST(AugmentationTest, NothingAskedForIsNothingDone) {
  run::TrainOptions options;
  EXPECT_FALSE(AugmentationOf(options, 0));
  options.flip = true;
  ASSERT_TRUE(AugmentationOf(options, 0));
  EXPECT_FALSE(AugmentationOf(options, 0)->ChangesPictures());
  options.flip = false;
  options.augmentation.contrast = 0.4;
  ASSERT_TRUE(AugmentationOf(options, 4));
  EXPECT_TRUE(AugmentationOf(options, 4)->ChangesPictures());
  EXPECT_EQ(AugmentationOf(options, 4)->epoch, 4U);
}

TEST(AugmentationTest, ResizedCropsKeepToAreaAndRatio) {
  run::AugmentationOptions options;
  options.min_area = 0.2;
  options.max_area = 0.6;
  double smallest = 1;
  double largest = 0;
  for (uint32_t i = 0; i < 2000; ++i) {
    base::Philox random(1, base::Purpose::kResizedCrop, i);
    const Box box = DrawPart(options, 300, 400, random);
    ASSERT_LE(box.top + box.height, 300U);
    ASSERT_LE(box.left + box.width, 400U);
    const double area = static_cast<double>(box.height) * box.width / (300.0 * 400.0);
    const double ratio = static_cast<double>(box.width) / box.height;
    ASSERT_GT(ratio, 0.75 * 0.98);
    ASSERT_LT(ratio, 4.0 / 3 * 1.02);
    smallest = std::min(smallest, area);
    largest = std::max(largest, area);
  }
  EXPECT_NEAR(smallest, 0.2, 0.01);
  EXPECT_NEAR(largest, 0.6, 0.01);
}

// torchvision's RandomResizedCrop falls back on the middle with the nearest allowed ratio.
TEST(AugmentationTest, NoPartOfAStripFitsButItsMiddle) {
  run::AugmentationOptions options;
  options.min_area = 0.9;
  for (uint32_t i = 0; i < 20; ++i) {
    base::Philox random(1, base::Purpose::kResizedCrop, i);
    const Box wide = DrawPart(options, 30, 900, random);
    EXPECT_EQ(wide.height, 30U);
    EXPECT_EQ(wide.width, 40U);
    EXPECT_EQ(wide.left, 430U);
    const Box tall = DrawPart(options, 900, 30, random);
    EXPECT_EQ(tall.width, 30U);
    EXPECT_EQ(tall.height, 40U);
    EXPECT_EQ(tall.top, 430U);
    const Box dot = DrawPart(options, 1, 1, random);
    EXPECT_EQ(dot.height, 1U);
    EXPECT_EQ(dot.width, 1U);
  }
}

TEST(AugmentationTest, JitterDrawsFactorsInTheirRangeAndOrdersInAll) {
  run::AugmentationOptions options;
  options.brightness = 0.4;
  const Picture grey{1, 1, 1, {100}};
  int least = 255;
  int most = 0;
  for (uint32_t image = 0; image < 1000; ++image) {
    const Picture changed = Vary(Only(options), image, grey, 1, 1);
    least = std::min<int>(least, changed.pixels[0]);
    most = std::max<int>(most, changed.pixels[0]);
  }
  EXPECT_NEAR(least, 60, 1);
  EXPECT_NEAR(most, 140, 1);
  // All three at once, with factors that are the ends of their ranges: six orders, six results.
  options = {};
  options.brightness = options.contrast = options.saturation = 1;
  std::set<std::vector<uint8_t>> seen;
  for (uint32_t image = 0; image < 50; ++image) {
    seen.insert(Vary(Only(options), image, SmoothPicture(6, 6, 0), 6, 6).pixels);
  }
  EXPECT_EQ(seen.size(), 50U);
}

// What one part of the augmentation draws does not depend on the others.
TEST(AugmentationTest, PartsDoNotShiftEachOther) {
  run::AugmentationOptions crop;
  crop.resized_crop = true;
  run::AugmentationOptions jitter;
  jitter.brightness = 0.5;
  jitter.saturation = 0.3;
  run::AugmentationOptions rand;
  rand.rand_augment_operations = 2;
  run::AugmentationOptions all = crop;
  all.brightness = jitter.brightness;
  all.saturation = jitter.saturation;
  all.rand_augment_operations = rand.rand_augment_operations;
  const Picture picture = SmoothPicture(50, 70, 0.1);
  for (uint32_t image = 0; image < 20; ++image) {
    Picture step = Vary(Only(crop), image, picture, 24, 32);
    step = Vary(Only(jitter), image, step, 24, 32);
    step = Vary(Only(rand), image, step, 24, 32);
    ASSERT_EQ(Vary(Only(all), image, picture, 24, 32).pixels, step.pixels) << image;
  }
  EXPECT_NE(Vary(Only(all, 1), 0, picture, 24, 32).pixels, Vary(Only(all, 2), 0, picture, 24, 32).pixels);
}

TEST(AugmentationTest, WithoutAResizedCropPicturesAreScaledAsForEvaluation) {
  run::AugmentationOptions rand;
  rand.rand_augment_operations = 1;
  rand.rand_augment_magnitude = 0;
  const Picture picture = NoisePicture(3, 31, 47, 3);
  const Picture expected = ScaledMiddle(picture, 16, 16);
  size_t same = 0;
  // Identity and others that change nothing at magnitude 0 come often enough.
  for (uint32_t image = 0; image < 20; ++image)
    same += Vary(Only(rand), image, picture, 16, 16).pixels == expected.pixels;
  EXPECT_GT(same, 5U);
}

}  // namespace
}  // namespace nasshrink::nn
