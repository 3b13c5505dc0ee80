#include "nn/augmentation.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "nn/colour.h"
#include "nn/picture_scaling.h"
#include "nn/rand_augment.h"

namespace nasshrink::nn {
namespace {

constexpr int kAttempts = 10;

bool Jitters(const run::AugmentationOptions& options) {
  return options.brightness > 0 || options.contrast > 0 || options.saturation > 0;
}

float DrawFactor(double strength, base::Philox& random) {
  const double low = std::max(0.0, 1 - strength);
  return static_cast<float>(low + (1 + strength - low) * random.Uniform());
}

// torchvision's ColorJitter without hue: the three in a random order.
void JitterColours(const run::AugmentationOptions& options, base::Philox& random, Picture* picture) {
  const std::vector<uint32_t> order = base::Permutation(3, random);
  const float brightness = DrawFactor(options.brightness, random);
  const float contrast = DrawFactor(options.contrast, random);
  const float saturation = DrawFactor(options.saturation, random);
  for (const uint32_t which : order) {
    if (which == 0 && options.brightness > 0) AdjustBrightness(brightness, picture);
    if (which == 1 && options.contrast > 0) AdjustContrast(contrast, picture);
    if (which == 2 && options.saturation > 0) AdjustSaturation(saturation, picture);
  }
}

}  // namespace

bool Augmentation::ChangesPictures() const {
  return Jitters(picture) || picture.resized_crop || picture.rand_augment_operations > 0;
}

std::optional<Augmentation> AugmentationOf(const run::TrainOptions& options, uint32_t epoch) {
  const Augmentation augmentation{options.crop_padding, options.flip, options.cutout,
                                  options.seed,         epoch,        options.augmentation};
  if (augmentation.crop_padding == 0 && !augmentation.flip && augmentation.cutout == 0 &&
      !augmentation.ChangesPictures()) {
    return std::nullopt;
  }
  return augmentation;
}

Placement DrawPlacement(const Augmentation& augmentation, uint32_t image, uint32_t height, uint32_t width) {
  base::Philox random(augmentation.seed, base::Purpose::kAugment, augmentation.epoch, image);
  const auto padding = static_cast<int>(augmentation.crop_padding);
  Placement placement;
  placement.down = static_cast<int>(random.Below(2 * augmentation.crop_padding + 1)) - padding;
  placement.right = static_cast<int>(random.Below(2 * augmentation.crop_padding + 1)) - padding;
  placement.mirrored = random.Below(2) == 1 && augmentation.flip;
  placement.hole_row = static_cast<int>(random.Below(height));
  placement.hole_column = static_cast<int>(random.Below(width));
  placement.hole_side = static_cast<int>(augmentation.cutout);
  return placement;
}

Box DrawPart(const run::AugmentationOptions& options, uint32_t height, uint32_t width, base::Philox& random) {
  const double area = static_cast<double>(height) * width;
  const double low = std::log(options.min_ratio);
  const double high = std::log(options.max_ratio);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const double part = area * (options.min_area + (options.max_area - options.min_area) * random.Uniform());
    const double ratio = std::exp(low + (high - low) * random.Uniform());
    const double wide = std::nearbyint(std::sqrt(part * ratio));
    const double tall = std::nearbyint(std::sqrt(part / ratio));
    if (wide < 1 || tall < 1 || wide > width || tall > height) continue;
    Box box{0, 0, static_cast<uint32_t>(tall), static_cast<uint32_t>(wide)};
    box.top = random.Below(height - box.height + 1);
    box.left = random.Below(width - box.width + 1);
    return box;
  }
  // The largest part in the middle that has an allowed ratio.
  const double ratio = static_cast<double>(width) / height;
  Box box{0, 0, height, width};
  if (ratio < options.min_ratio) {
    box.height = std::clamp<uint32_t>(static_cast<uint32_t>(std::nearbyint(width / options.min_ratio)), 1, height);
  } else if (ratio > options.max_ratio) {
    box.width = std::clamp<uint32_t>(static_cast<uint32_t>(std::nearbyint(height * options.max_ratio)), 1, width);
  }
  box.top = (height - box.height) / 2;
  box.left = (width - box.width) / 2;
  return box;
}

Picture Vary(const Augmentation& augmentation, uint32_t image, Picture picture, uint32_t height, uint32_t width) {
  const run::AugmentationOptions& options = augmentation.picture;
  const auto stream = [&](base::Purpose purpose) {
    return base::Philox(augmentation.seed, purpose, augmentation.epoch, image);
  };
  if (options.resized_crop) {
    base::Philox random = stream(base::Purpose::kResizedCrop);
    const Box part = DrawPart(options, picture.height, picture.width, random);
    picture = ScalePart(picture, part, height, width);
  } else if (picture.height != height || picture.width != width) {
    picture = ScaledMiddle(picture, height, width);
  }
  if (Jitters(options)) {
    base::Philox random = stream(base::Purpose::kColourJitter);
    JitterColours(options, random, &picture);
  }
  if (options.rand_augment_operations > 0) {
    base::Philox random = stream(base::Purpose::kRandAugment);
    RandAugment(options.rand_augment_operations, options.rand_augment_magnitude, random, &picture);
  }
  return picture;
}

}  // namespace nasshrink::nn
