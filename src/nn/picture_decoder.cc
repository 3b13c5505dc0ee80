#include "nn/picture_decoder.h"

#include <png.h>
#include <turbojpeg.h>

#include <memory>

namespace nasshrink::nn {
namespace {

constexpr std::string_view kJpegStart = "\xff\xd8\xff";
constexpr std::string_view kPngStart = "\x89PNG\r\n\x1a\n";

bool StartsWith(std::string_view bytes, std::string_view start) { return bytes.substr(0, start.size()) == start; }

base::Status Damaged(const std::string& name, const char* format, std::string_view why) {
  return base::Error(base::Code::kDataLoss, "'{}' is a damaged {} file: {}", name, format, why);
}

base::Status CheckSize(const std::string& name, uint64_t width, uint64_t height) {
  if (width == 0 || height == 0) return Damaged(name, "picture", "it has no pixels");
  if (width <= kMaxPicturePixels / height) return {};
  return base::Error(base::Code::kResourceExhausted, "'{}' is a picture of {}x{} pixels, more than the {} allowed",
                     name, width, height, kMaxPicturePixels);
}

// Stray bytes between two segments harm nothing and are common; every other complaint means missing pixels.
bool IsHarmless(std::string_view warning) { return warning.find("extraneous bytes") != std::string_view::npos; }

// Adobe writes CMYK inverted, so that the product of ink and black is the light that is left.
void InvertedCmykToRgb(const std::vector<uint8_t>& cmyk, std::vector<uint8_t>* rgb) {
  for (size_t pixel = 0; pixel < cmyk.size() / 4; ++pixel) {
    const uint8_t* from = cmyk.data() + pixel * 4;
    for (size_t c = 0; c < 3; ++c) (*rgb)[pixel * 3 + c] = static_cast<uint8_t>((from[c] * from[3] + 127) / 255);
  }
}

base::Result<Picture> DecodeJpeg(std::string_view bytes, const std::string& name) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  if (decoder == nullptr) return base::Status(base::Code::kResourceExhausted, "no JPEG decoder could be made");
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int space = 0;
  if (tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &subsampling, &space) != 0 &&
      tjGetErrorCode(decoder.get()) != TJERR_WARNING) {
    return Damaged(name, "JPEG", tjGetErrorStr2(decoder.get()));
  }
  NASSHRINK_RETURN_IF_ERROR(CheckSize(name, static_cast<uint64_t>(width), static_cast<uint64_t>(height)));
  Picture picture;
  picture.channels = 3;
  picture.height = static_cast<uint32_t>(height);
  picture.width = static_cast<uint32_t>(width);
  picture.pixels.resize(picture.size());
  const bool cmyk = space == TJCS_CMYK || space == TJCS_YCCK;
  std::vector<uint8_t> inks(cmyk ? picture.size() / 3 * 4 : 0);
  const auto decode = [&](int flags) {
    return tjDecompress2(decoder.get(), data, bytes.size(), cmyk ? inks.data() : picture.pixels.data(), width, 0,
                         height, cmyk ? TJPF_CMYK : TJPF_RGB, TJFLAG_LIMITSCANS | flags);
  };
  const auto harmless = [&] {
    return tjGetErrorCode(decoder.get()) == TJERR_WARNING && IsHarmless(tjGetErrorStr2(decoder.get()));
  };
  // Only one complaint is kept at a time, so after a harmless one the rest is looked at, too.
  bool whole = decode(TJFLAG_STOPONWARNING) == 0;
  if (!whole && harmless()) whole = decode(0) == 0 || harmless();
  if (!whole) return Damaged(name, "JPEG", tjGetErrorStr2(decoder.get()));
  if (cmyk) InvertedCmykToRgb(inks, &picture.pixels);
  return picture;
}

base::Result<Picture> DecodePng(std::string_view bytes, const std::string& name) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) {
    return Damaged(name, "PNG", image.message);
  }
  const std::unique_ptr<png_image, void (*)(png_image*)> release(&image, png_image_free);
  NASSHRINK_RETURN_IF_ERROR(CheckSize(name, image.width, image.height));
  image.format = PNG_FORMAT_RGBA;
  std::vector<uint8_t> pixels(PNG_IMAGE_SIZE(image));
  if (png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr) == 0) {
    return Damaged(name, "PNG", image.message);
  }
  // libpng goes on after some damage and leaves only a note of it.
  if (image.warning_or_error != 0 && std::string_view(image.message).find("CRC") != std::string_view::npos) {
    return Damaged(name, "PNG", image.message);
  }
  Picture picture;
  picture.channels = 3;
  picture.height = image.height;
  picture.width = image.width;
  picture.pixels.resize(picture.size());
  for (size_t pixel = 0; pixel < pixels.size() / 4; ++pixel) {
    for (size_t c = 0; c < 3; ++c) picture.pixels[pixel * 3 + c] = pixels[pixel * 4 + c];
  }
  return picture;
}

}  // namespace

base::Result<Picture> DecodePicture(std::string_view bytes, const std::string& name) {
  if (StartsWith(bytes, kJpegStart)) return DecodeJpeg(bytes, name);
  if (StartsWith(bytes, kPngStart)) return DecodePng(bytes, name);
  return base::Error(base::Code::kDataLoss, "'{}' is neither a JPEG nor a PNG file", name);
}

}  // namespace nasshrink::nn
