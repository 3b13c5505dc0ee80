// Pictures drawn by seed, and the bytes of JPEG, PNG and tar files that hold them, for the tests of nn/.
#ifndef NASSHRINK_TESTS_NN_PICTURE_BYTES_H_
#define NASSHRINK_TESTS_NN_PICTURE_BYTES_H_

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "nn/picture.h"

namespace nasshrink::nn {

inline Picture NoisePicture(uint32_t channels, uint32_t height, uint32_t width, uint64_t seed) {
  Picture picture{channels, height, width, {}};
  base::Philox random(seed, base::Purpose::kSynthetic);
  for (size_t i = 0; i < picture.size(); ++i) picture.pixels.push_back(static_cast<uint8_t>(random.Below(256)));
  return picture;
}

// Smooth enough for JPEG to keep it nearly as it is.
inline Picture SmoothPicture(uint32_t height, uint32_t width, double shift) {
  Picture picture{3, height, width, {}};
  for (uint32_t row = 0; row < height; ++row) {
    for (uint32_t column = 0; column < width; ++column) {
      for (uint32_t c = 0; c < 3; ++c) {
        const double wave = std::sin(0.07 * row + 0.05 * column * (c + 1) + shift);
        picture.pixels.push_back(static_cast<uint8_t>(std::lround(128 + 90 * wave)));
      }
    }
  }
  return picture;
}

// `format` is TJPF_RGB, TJPF_GRAY or TJPF_CMYK for a picture of 3, 1 or 4 channels.
inline std::string JpegBytes(const Picture& picture, int format = TJPF_RGB, int quality = 95) {
  tjhandle encoder = tjInitCompress();
  unsigned char* data = nullptr;
  unsigned long size = 0;
  const int failed =
      tjCompress2(encoder, picture.pixels.data(), static_cast<int>(picture.width), 0, static_cast<int>(picture.height),
                  format, &data, &size, format == TJPF_GRAY ? TJSAMP_GRAY : TJSAMP_444, quality, 0);
  EXPECT_EQ(failed, 0) << tjGetErrorStr2(encoder);
  std::string bytes(reinterpret_cast<const char*>(data), size);
  tjFree(data);
  tjDestroy(encoder);
  return bytes;
}

// `format` is one of libpng's PNG_FORMAT_* for bytes.
inline std::string PngBytes(const Picture& picture, uint32_t format = PNG_FORMAT_RGB) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = picture.width;
  image.height = picture.height;
  image.format = format;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  EXPECT_NE(png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(), 0, nullptr), 0);
  bytes.resize(size);
  return bytes;
}

// One entry of a tar archive, padded to whole blocks.
inline std::string TarEntry(const std::string& name, const std::string& bytes, char type = '0') {
  std::string header(512, '\0');
  const auto put = [&header](size_t at, const std::string& text) { header.replace(at, text.size(), text); };
  put(0, name);
  put(100, "0000644");
  put(124, fmt::format("{:011o}", bytes.size()));
  put(136, "00000000000");
  put(148, "        ");
  header[156] = type;
  put(257, "ustar");
  put(263, "00");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  return header + bytes + std::string((512 - bytes.size() % 512) % 512, '\0');
}

inline std::string TarEnd() { return std::string(1024, '\0'); }

}  // namespace nasshrink::nn

#endif  // NASSHRINK_TESTS_NN_PICTURE_BYTES_H_
