#include "nn/colour.h"

#include <algorithm>

namespace nasshrink::nn {
namespace {

// The weights of ITU-R BT.601 as torchvision rounds them; cut to a whole number.
uint8_t Grey(const uint8_t* pixel) {
  return static_cast<uint8_t>(0.2989F * pixel[0] + 0.587F * pixel[1] + 0.114F * pixel[2]);
}

}  // namespace

uint8_t Blend(uint8_t value, float other, float factor) {
  return static_cast<uint8_t>(std::clamp(factor * value + (1 - factor) * other, 0.0F, 255.0F));
}

void AdjustBrightness(float factor, Picture* picture) {
  for (uint8_t& value : picture->pixels) value = Blend(value, 0, factor);
}

void AdjustContrast(float factor, Picture* picture) {
  uint64_t sum = 0;
  const size_t count = picture->size() / picture->channels;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* pixel = picture->pixels.data() + i * picture->channels;
    sum += picture->channels == 3 ? Grey(pixel) : *pixel;
  }
  const auto mean = static_cast<float>(static_cast<double>(sum) / static_cast<double>(count));
  for (uint8_t& value : picture->pixels) value = Blend(value, mean, factor);
}

void AdjustSaturation(float factor, Picture* picture) {
  if (picture->channels != 3) return;
  for (size_t i = 0; i < picture->size(); i += 3) {
    uint8_t* pixel = picture->pixels.data() + i;
    const uint8_t grey = Grey(pixel);
    for (size_t c = 0; c < 3; ++c) pixel[c] = Blend(pixel[c], grey, factor);
  }
}

}  // namespace nasshrink::nn
