// Writes an image as numbers in the order the network reads them (row, column, channel), cropped, flipped and with a
// hole as drawn.
#ifndef NASSHRINK_NN_IMAGE_WRITER_H_
#define NASSHRINK_NN_IMAGE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "nn/augmentation.h"

namespace nasshrink::nn {

struct ImageShape {
  uint32_t channels = 0;
  uint32_t height = 0;
  uint32_t width = 0;
};

// Where the values of an image lie: the distances from one row, column and channel to the next.
template <typename T>
struct ImageView {
  const T* data = nullptr;
  size_t row = 0;
  size_t column = 0;
  size_t channel = 0;
};

// The number that each byte of each channel becomes: [channels][256].
using ByteValues = std::vector<float>;

// What a crop brings in from outside is a black pixel; `placement` may be null.
void WriteBytes(const ImageView<uint8_t>& image, const ImageShape& shape, const ByteValues& values,
                const Placement* placement, float* out);
// What a crop brings in from outside is 0.
void WriteValues(const ImageView<float>& image, const ImageShape& shape, const Placement* placement, float* out);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_IMAGE_WRITER_H_
