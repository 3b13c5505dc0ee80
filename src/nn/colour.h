// Brightness, contrast and saturation of pictures of 1 or 3 channels, as torchvision computes them on bytes.
//
// A picture is blended with another one: factor * picture + (1 - factor) * other, in float, cut to 0..255 and to whole
// numbers (torchvision.transforms.functional, adjust_brightness and its kin). Factor 1 changes nothing.
#ifndef NASSHRINK_NN_COLOUR_H_
#define NASSHRINK_NN_COLOUR_H_

#include "nn/picture.h"

namespace nasshrink::nn {

// Blends with black.
void AdjustBrightness(float factor, Picture* picture);
// Blends with the mean of the grey picture.
void AdjustContrast(float factor, Picture* picture);
// Blends with the grey picture; a picture of 1 channel stays as it is.
void AdjustSaturation(float factor, Picture* picture);

// One pixel of a blend.
uint8_t Blend(uint8_t value, float other, float factor);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_COLOUR_H_
