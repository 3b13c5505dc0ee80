// One picture as bytes: row, column, channel. What pictures from files and augmentation work on.
#ifndef NASSHRINK_NN_PICTURE_H_
#define NASSHRINK_NN_PICTURE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nasshrink::nn {

struct Picture {
  uint32_t channels = 0;
  uint32_t height = 0;
  uint32_t width = 0;
  std::vector<uint8_t> pixels;

  size_t size() const { return size_t{channels} * height * width; }
  const uint8_t* at(uint32_t row, uint32_t column) const {
    return pixels.data() + (size_t{row} * width + column) * channels;
  }
  uint8_t* at(uint32_t row, uint32_t column) { return pixels.data() + (size_t{row} * width + column) * channels; }
};

// A part of a picture.
struct Box {
  uint32_t top = 0;
  uint32_t left = 0;
  uint32_t height = 0;
  uint32_t width = 0;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_PICTURE_H_
