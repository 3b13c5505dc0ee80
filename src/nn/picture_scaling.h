// Pictures of another size: a part of one, scaled by a triangle filter that widens as the picture shrinks.
//
// The numbers are those of Pillow's BILINEAR (Resample.c: 22-bit coefficients, the columns first, rounded to bytes in
// between), which torchvision's Resize and RandomResizedCrop use on pictures.
#ifndef NASSHRINK_NN_PICTURE_SCALING_H_
#define NASSHRINK_NN_PICTURE_SCALING_H_

#include "nn/picture.h"

namespace nasshrink::nn {

// Pictures of 1 or 3 channels. `box` lies inside the picture and has pixels; so has the result.
Picture ScalePart(const Picture& picture, const Box& box, uint32_t height, uint32_t width);

// What evaluation looks at (torchvision's reference: Resize(256), CenterCrop(224)): the picture scaled until it just
// covers height * 8/7 x width * 8/7, and the middle of that. Of a picture more than 16 times as long as wide only the
// middle is scaled.
Picture ScaledMiddle(const Picture& picture, uint32_t height, uint32_t width);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_PICTURE_SCALING_H_
