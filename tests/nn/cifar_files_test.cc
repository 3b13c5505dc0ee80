#include "nn/cifar_files.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "nn/picture_bytes.h"
#include "nn/temporary_folder.h"
#include "shared_file.h"

namespace nasshrink::nn {
namespace {

void ExpectError(const base::Status& status, base::Code code, const std::vector<std::string>& parts) {
  EXPECT_EQ(status.code(), code) << status.message();
  for (const std::string& part : parts) {
    EXPECT_NE(status.message().find(part), std::string::npos) << status.message() << " lacks " << part;
  }
}

std::string Jpeg(double shift) { return JpegBytes(SmoothPicture(32, 32, shift)); }

// Records of the binary format.
std::string Records(const LabelledImages& images) {
  std::string records;
  for (uint64_t i = 0; i < images.count(); ++i) {
    records += static_cast<char>(images.labels[i]);
    records.append(reinterpret_cast<const char*>(images.pixels.data()) + i * images.image_size(), images.image_size());
  }
  return records;
}

std::string Sha256Hex(const std::string& bytes) {
  base::Sha256Stream stream;
  stream.Update(bytes);
  std::string hex;
  for (const char byte : stream.Finish()) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex;
}

// Both halves in an order that is not theirs.
std::string SmallTar() {
  return TarEntry("train/", "", '5') + TarEntry("train/00001_7.jpg", Jpeg(1)) + TarEntry("README", "no picture") +
         TarEntry("./test/00000_2.jpg", Jpeg(3)) + TarEntry("train/00000_9.jpg", Jpeg(0)) +
         TarEntry("train/00002_0.jpg", Jpeg(2)) + TarEnd();
}

TEST(CifarJpegTest, TheCollectionDecodesToItsPublishedDigests) {
  NASSHRINK_SHARED_OR_SKIP(tar, "data/cifar10/cifar10_jpeg.tar.gz");
  ReadRequest request;
  request.workers = 2;
  const auto both = ReadCifarJpeg(tar, request);
  ASSERT_TRUE(both.ok()) << both.status().message();
  EXPECT_EQ(both->train.count(), 50000U);
  EXPECT_EQ(both->test.count(), 10000U);
  EXPECT_EQ(Sha256Hex(Records(both->train)), "0555464d0be024cb82a99b717a6adf4bff59f79ec956ade041e9cc8fc0dd1bcb");
  EXPECT_EQ(Sha256Hex(Records(both->test)), "0ce179d0c0a5220739d6223197952896644ceabb648dacfdebd7f06789af543f");
}

TEST(CifarBinaryTest, TheLosslessFilesAreRead) {
  NASSHRINK_SHARED_OR_SKIP(train, "data/cifar10/cifar10_lossless_train.bin.gz");
  NASSHRINK_SHARED_OR_SKIP(test, "data/cifar10/cifar10_lossless_test.bin.gz");
  const auto both = ReadCifarBinary(train + "," + test, {});
  ASSERT_TRUE(both.ok()) << both.status().message();
  EXPECT_EQ(both->train.count(), 4660U);
  EXPECT_EQ(both->test.count(), 932U);
  EXPECT_EQ(both->classes, 10U);
}

TEST(CifarJpegTest, FolderAndArchiveHoldTheSameInTheOrderOfNumbers) {
  const TemporaryFolder files;
  files.Write("cifar/train/00000_9.jpg", Jpeg(0));
  files.Write("cifar/train/00001_7.jpg", Jpeg(1));
  files.Write("cifar/train/00002_0.jpg", Jpeg(2));
  files.Write("cifar/test/00000_2.jpg", Jpeg(3));
  const auto folder = ReadCifarJpeg(files.path() + "/cifar", {});
  ASSERT_TRUE(folder.ok()) << folder.status().message();
  EXPECT_EQ(folder->train.labels, (std::vector<int64_t>{9, 7, 0}));
  EXPECT_EQ(folder->test.labels, (std::vector<int64_t>{2}));
  EXPECT_NE(std::vector<uint8_t>(folder->train.pixels.begin(), folder->train.pixels.begin() + 3072),
            std::vector<uint8_t>(folder->train.pixels.begin() + 3072, folder->train.pixels.begin() + 6144));
  for (const std::string& tar :
       {files.Write("plain.tar", SmallTar()), files.WritePacked("packed.tar.gz", SmallTar())}) {
    for (const uint32_t workers : {1U, 4U}) {
      ReadRequest request;
      request.workers = workers;
      const auto both = ReadCifarJpeg(tar, request);
      ASSERT_TRUE(both.ok()) << both.status().message();
      EXPECT_EQ(Records(both->train), Records(folder->train));
      EXPECT_EQ(Records(both->test), Records(folder->test));
    }
  }
  ReadRequest request;
  request.limit_train = 2;
  request.labels = false;
  const auto fewer = ReadCifarJpeg(files.path() + "/plain.tar", request);
  ASSERT_TRUE(fewer.ok());
  EXPECT_EQ(fewer->train.count(), 2U);
  EXPECT_TRUE(fewer->train.labels.empty());
}

TEST(CifarJpegTest, WhatDoesNotFitIsNamed) {
  const TemporaryFolder files;
  const auto read = [&](const std::string& bytes) {
    return ReadCifarJpeg(files.Write("some.tar", bytes), {}).status();
  };
  const std::string test = TarEntry("test/00000_2.jpg", Jpeg(3));
  const std::string whole = Jpeg(0);
  ExpectError(read(TarEntry("train/00000_1.jpg", whole.substr(0, whole.size() / 2)) + test + TarEnd()),
              base::Code::kDataLoss, {"some.tar:train/00000_1.jpg"});
  ExpectError(read(TarEntry("train/00000_1.jpg", JpegBytes(SmoothPicture(30, 32, 0))) + test + TarEnd()),
              base::Code::kDataLoss, {"train/00000_1.jpg", "32x30"});
  ExpectError(read(TarEntry("train/00000_10.jpg", whole) + test + TarEnd()), base::Code::kOutOfRange, {"label 10"});
  ExpectError(read(TarEntry("train/00001_1.jpg", whole) + test + TarEnd()), base::Code::kDataLoss,
              {"numbered up to 1"});
  ExpectError(read(TarEntry("train/00000_1.jpg", whole) + TarEntry("train/0_1.jpg", whole) + test + TarEnd()),
              base::Code::kDataLoss, {"train/00000_1.jpg", "train/0_1.jpg", "same number"});
  ExpectError(read(TarEntry("other.jpg", whole) + TarEnd()), base::Code::kNotFound, {"some.tar"});
  ExpectError(read("no archive at all"), base::Code::kDataLoss, {"some.tar"});
  ExpectError(ReadCifarJpeg(files.path() + "/absent", {}).status(), base::Code::kNotFound, {"absent"});
  ExpectError(ReadCifarJpeg(files.path(), {}).status(), base::Code::kNotFound, {files.path() + "/train"});
}

// An archive cut anywhere, packed or not, is an error; so is one with a changed header.
TEST(CifarJpegTest, CutAndDamagedArchivesAreRefused) {
  const TemporaryFolder files;
  const std::string whole = SmallTar();
  for (size_t size = 0; size < whole.size() - 1024; size += 97) {
    EXPECT_EQ(ReadCifarJpeg(files.Write("cut.tar", whole.substr(0, size)), {}).status().code(), base::Code::kDataLoss);
  }
  files.WritePacked("whole.tar.gz", whole);
  std::ifstream in(files.path() + "/whole.tar.gz", std::ios::binary);
  const std::string packed((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  for (size_t size = 0; size < packed.size(); size += 61) {
    EXPECT_EQ(ReadCifarJpeg(files.Write("cut.tar.gz", packed.substr(0, size)), {}).status().code(),
              base::Code::kDataLoss);
  }
  base::Philox random(1, base::Purpose::kSynthetic);
  for (int i = 0; i < 300; ++i) {
    std::string bytes = whole;
    bytes[random.Below(static_cast<uint32_t>(bytes.size()))] = static_cast<char>(random.Below(256));
    const auto both = ReadCifarJpeg(files.Write("damaged.tar", bytes), {});
    if (both.ok()) {
      EXPECT_EQ(both->train.pixels.size(), both->train.count() * 3072);
    }
  }
}

}  // namespace
}  // namespace nasshrink::nn
