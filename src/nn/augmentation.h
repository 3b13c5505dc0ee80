// How training images are varied. Every image is varied by numbers drawn for (seed, epoch, image) alone, so neither the
// order of images nor the number of threads matters.
//
// Order (the published code of AutoAugment): random resized crop, colour jitter, RandAugment, then crop with padding,
// flip, normalisation and cutout. Each has random numbers of its own, always drawn in full, so that switching one on
// does not shift another's.
#ifndef NASSHRINK_NN_AUGMENTATION_H_
#define NASSHRINK_NN_AUGMENTATION_H_

#include <cstdint>
#include <optional>

#include "base/random.h"
#include "nn/picture.h"
#include "run/backend.h"

namespace nasshrink::nn {

struct Augmentation {
  uint32_t crop_padding = 0;
  bool flip = false;
  uint32_t cutout = 0;
  uint64_t seed = 0;
  uint32_t epoch = 0;
  run::AugmentationOptions picture;

  // Whether pictures are changed before they become numbers.
  bool ChangesPictures() const;
};

// Nothing when the options leave images as they are.
std::optional<Augmentation> AugmentationOf(const run::TrainOptions& options, uint32_t epoch);

// Crop with padding, flip and cutout of one image.
struct Placement {
  int down = 0;
  int right = 0;
  bool mirrored = false;
  int hole_row = 0;
  int hole_column = 0;
  int hole_side = 0;
};
Placement DrawPlacement(const Augmentation& augmentation, uint32_t image, uint32_t height, uint32_t width);

// The part that a random resized crop keeps (Szegedy et al. 2015; torchvision's RandomResizedCrop.get_params).
Box DrawPart(const run::AugmentationOptions& options, uint32_t height, uint32_t width, base::Philox& random);

// Random resized crop, colour jitter and RandAugment; the result has `height` x `width` pixels. Without a random
// resized crop, a picture of another size is scaled and cut as for evaluation. Pictures of 1 or 3 channels.
Picture Vary(const Augmentation& augmentation, uint32_t image, Picture picture, uint32_t height, uint32_t width);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_AUGMENTATION_H_
