#include "nn/picture_decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>

#include "nn/picture_bytes.h"

namespace nasshrink::nn {
namespace {

int LargestDifference(const Picture& a, const Picture& b) {
  EXPECT_EQ(a.channels, b.channels);
  EXPECT_EQ(a.height, b.height);
  EXPECT_EQ(a.width, b.width);
  if (a.pixels.size() != b.pixels.size()) return 256;
  int largest = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  return largest;
}

Picture Decoded(const std::string& bytes) {
  auto picture = DecodePicture(bytes, "a picture");
  EXPECT_TRUE(picture.ok()) << picture.status().message();
  return picture.ok() ? *picture : Picture();
}

// The first channel three times.
Picture AsGrey(const Picture& picture) {
  Picture grey{3, picture.height, picture.width, {}};
  for (size_t i = 0; i < picture.size(); i += picture.channels)
    grey.pixels.insert(grey.pixels.end(), 3, picture.pixels[i]);
  return grey;
}

TEST(PictureDecoderTest, PngComesBackExactly) {
  const Picture picture = NoisePicture(3, 17, 23, 1);
  EXPECT_EQ(LargestDifference(Decoded(PngBytes(picture)), picture), 0);
  const Picture grey = NoisePicture(1, 9, 5, 2);
  EXPECT_EQ(LargestDifference(Decoded(PngBytes(grey, PNG_FORMAT_GRAY)), AsGrey(grey)), 0);
}

TEST(PictureDecoderTest, TransparencyIsLeftOut) {
  const Picture clear = NoisePicture(4, 8, 8, 3);
  Picture expected{3, 8, 8, {}};
  for (size_t i = 0; i < clear.size(); ++i) {
    if (i % 4 != 3) expected.pixels.push_back(clear.pixels[i]);
  }
  EXPECT_EQ(LargestDifference(Decoded(PngBytes(clear, PNG_FORMAT_RGBA)), expected), 0);
}

TEST(PictureDecoderTest, JpegComesBackNearlyAsItWas) {
  const Picture picture = SmoothPicture(40, 61, 0.3);
  EXPECT_LE(LargestDifference(Decoded(JpegBytes(picture)), picture), 8);
}

TEST(PictureDecoderTest, GreyAndCmykJpegsBecomeRgb) {
  Picture grey{1, 24, 24, {}};
  for (uint32_t i = 0; i < 24 * 24; ++i) grey.pixels.push_back(static_cast<uint8_t>(60 + i % 24 * 5));
  EXPECT_LE(LargestDifference(Decoded(JpegBytes(grey, TJPF_GRAY)), AsGrey(grey)), 8);
  // Inverted inks: full light of the first is red, and the last takes light away from all.
  Picture inks{4, 16, 16, {}};
  Picture expected{3, 16, 16, {}};
  for (int i = 0; i < 256; ++i) {
    for (const int value : {200, 100, 40, 128}) inks.pixels.push_back(static_cast<uint8_t>(value));
    for (const int value : {100, 50, 20}) expected.pixels.push_back(static_cast<uint8_t>(value));
  }
  EXPECT_LE(LargestDifference(Decoded(JpegBytes(inks, TJPF_CMYK)), expected), 4);
}

TEST(PictureDecoderTest, OtherBytesAreRefusedByName) {
  for (const std::string& bytes :
       {std::string(), std::string("GIF89a"), std::string("\xff\xd8"), std::string(100, '\0')}) {
    const auto picture = DecodePicture(bytes, "folder/other.jpg");
    ASSERT_FALSE(picture.ok());
    EXPECT_EQ(picture.status().code(), base::Code::kDataLoss);
    EXPECT_NE(picture.status().message().find("folder/other.jpg"), std::string::npos);
  }
}

// Every cut of a file is an error that names it; none is half a picture.
TEST(PictureDecoderTest, CutFilesAreNamed) {
  const Picture picture = SmoothPicture(24, 32, 1);
  for (const std::string& whole : {JpegBytes(picture), PngBytes(picture)}) {
    // The end marks, 2 bytes and 12, may be missing: all pixels are there.
    for (size_t size = 0; size + 12 < whole.size(); ++size) {
      const auto cut = DecodePicture(whole.substr(0, size), "cut.jpg");
      ASSERT_FALSE(cut.ok()) << size << " of " << whole.size();
      EXPECT_EQ(cut.status().code(), base::Code::kDataLoss);
      EXPECT_NE(cut.status().message().find("cut.jpg"), std::string::npos);
    }
  }
}

TEST(PictureDecoderTest, StrayBytesBetweenSegmentsDoNoHarm) {
  const Picture picture = SmoothPicture(24, 32, 1);
  std::string bytes = JpegBytes(picture);
  bytes.insert(bytes.size() - 2, "stray");
  EXPECT_LE(LargestDifference(Decoded(bytes), picture), 8);
}

// Whatever stands in a file, decoding ends with a picture of the size it says or with an error.
TEST(PictureDecoderTest, DamagedFilesNeverCrash) {
  const Picture picture = SmoothPicture(24, 32, 1);
  base::Philox random(5, base::Purpose::kSynthetic);
  for (const std::string& whole : {JpegBytes(picture), PngBytes(picture)}) {
    for (int i = 0; i < 2000; ++i) {
      std::string bytes = whole;
      for (uint32_t changes = 1 + random.Below(4); changes > 0; --changes) {
        bytes[random.Below(static_cast<uint32_t>(bytes.size()))] = static_cast<char>(random.Below(256));
      }
      const auto decoded = DecodePicture(bytes, "damaged");
      if (decoded.ok()) {
        ASSERT_EQ(decoded->pixels.size(), decoded->size());
        ASSERT_EQ(decoded->channels, 3U);
      }
    }
  }
}

TEST(PictureDecoderTest, HugePicturesAreRefusedBeforeTheyTakeMemory) {
  std::string png = PngBytes(SmoothPicture(4, 4, 0));
  // Width and height of the header, and its checksum over type and contents.
  const std::string sides = std::string("\x00\x01\x00\x00", 4) + std::string("\x00\x01\x00\x00", 4);
  png.replace(16, 8, sides);
  const auto checksum = static_cast<uint32_t>(crc32(0, reinterpret_cast<const unsigned char*>(png.data()) + 12, 17));
  for (size_t i = 0; i < 4; ++i) png[29 + i] = static_cast<char>(checksum >> (24 - 8 * i));
  const auto huge = DecodePicture(png, "huge.png");
  ASSERT_FALSE(huge.ok());
  EXPECT_EQ(huge.status().code(), base::Code::kResourceExhausted) << huge.status().message();
  EXPECT_NE(huge.status().message().find("65536x65536"), std::string::npos) << huge.status().message();

  std::string jpeg = JpegBytes(SmoothPicture(16, 16, 0));
  const size_t frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xff\x00\xff\x00", 4);
  EXPECT_EQ(DecodePicture(jpeg, "huge.jpg").status().code(), base::Code::kResourceExhausted);
}

}  // namespace
}  // namespace nasshrink::nn
