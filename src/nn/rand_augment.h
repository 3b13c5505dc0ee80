// The fourteen operations of RandAugment (Cubuk et al., CVPR Workshops 2020) on pictures of bytes.
//
// Ranges are those of AutoAugment's Table 6 (Cubuk et al., CVPR 2019): a magnitude of 10 is the end of a range and 0 no
// change. Operations with a direction take the drawn one. Pixels that come in from outside are black, and positions are
// rounded to the nearest pixel, as in the published code.
#ifndef NASSHRINK_NN_RAND_AUGMENT_H_
#define NASSHRINK_NN_RAND_AUGMENT_H_

#include <cstdint>

#include "base/random.h"
#include "nn/picture.h"

namespace nasshrink::nn {

// In the paper's order. At magnitude 10:
enum class PictureOperation : uint32_t {
  kIdentity,
  kAutoContrast,  // every channel stretched to 0..255
  kEqualize,      // every channel's histogram made flat
  kRotate,        // by 30 degrees
  kSolarize,      // values from 0 on inverted (from 256 at magnitude 0)
  kColor,         // saturation factor 1 + 0.9 or 1 - 0.9
  kPosterize,     // 4 bits kept (8 at magnitude 0)
  kContrast,      // as kColor
  kBrightness,    // as kColor
  kSharpness,     // as kColor, blended with the smoothed picture
  kShearX,        // by 0.3 pixels a row
  kShearY,
  kTranslateX,  // by 150/331 of the width
  kTranslateY,
};
inline constexpr uint32_t kPictureOperations = 14;
inline constexpr double kMostMagnitude = 10;

// `magnitude` in 0..10; `negative` turns the direction round.
void Apply(PictureOperation operation, double magnitude, bool negative, Picture* picture);

// `count` operations drawn uniformly with replacement, each with a direction.
void RandAugment(uint32_t count, double magnitude, base::Philox& random, Picture* picture);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_RAND_AUGMENT_H_
