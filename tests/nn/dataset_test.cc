#include "nn/dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "nn/read_part.h"
#include "nn/temporary_folder.h"
#include "nn/toy_space.h"

namespace nasshrink::nn {
namespace {

std::string BigEndian(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

class DatasetTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& bytes) { return files_.Write(name, bytes); }
  std::string WritePacked(const std::string& name, const std::string& bytes) { return files_.WritePacked(name, bytes); }
  static std::string Images(uint32_t count, uint32_t side = 4) {
    std::string bytes = BigEndian(0x803) + BigEndian(count) + BigEndian(side) + BigEndian(side);
    for (uint32_t i = 0; i < count * side * side; ++i) bytes += static_cast<char>(i * 7);
    return bytes;
  }
  static std::string Labels(const std::vector<uint8_t>& labels) {
    std::string bytes = BigEndian(0x801) + BigEndian(static_cast<uint32_t>(labels.size()));
    for (const uint8_t label : labels) bytes += static_cast<char>(label);
    return bytes;
  }
  static base::Result<std::shared_ptr<ImageDataset>> Open(const std::string& source, double validation = 0.25) {
    run::DatasetOptions options;
    options.source = source;
    options.validation_fraction = validation;
    return ImageDataset::Open(options);
  }
  // The status must have this code and name all of these.
  static void ExpectError(const base::Status& status, base::Code code, const std::vector<std::string>& parts) {
    EXPECT_EQ(status.code(), code) << status.message();
    for (const std::string& part : parts) {
      EXPECT_NE(status.message().find(part), std::string::npos) << status.message() << " lacks " << part;
    }
  }
  std::string CifarRecords(const std::vector<uint8_t>& labels) {
    std::string bytes;
    for (const uint8_t label : labels) {
      bytes += static_cast<char>(label);
      for (int i = 0; i < 3072; ++i) bytes += static_cast<char>(i / 1024 * 50 + label);
    }
    return bytes;
  }

  TemporaryFolder files_;
  const std::string& folder_ = files_.path();
};

TEST_F(DatasetTest, ReadsIdxPlainAndPacked) {
  const std::string labels = Labels({0, 1, 2, 0, 1, 2, 0, 1});
  const auto plain = Open("idx:" + Write("i", Images(8)) + "," + Write("l", labels));
  const auto packed = Open("idx:" + WritePacked("i.gz", Images(8)) + "," + WritePacked("l.gz", labels));
  ASSERT_TRUE(plain.ok()) << plain.status().message();
  ASSERT_TRUE(packed.ok()) << packed.status().message();
  const run::DatasetInfo& info = (*plain)->info();
  EXPECT_EQ(info.channels, 1U);
  EXPECT_EQ(info.height, 4U);
  EXPECT_EQ(info.classes, 3U);
  EXPECT_EQ(info.train_images, 6U);
  EXPECT_EQ(info.validation_images, 2U);
  EXPECT_EQ(info.test_images, 0U);
  EXPECT_EQ(info.sha256.size(), 32U);
  EXPECT_EQ(info.sha256, (*packed)->info().sha256);
}

TEST_F(DatasetTest, FilesThatDoNotFitAreNamed) {
  const std::string images = Write("images", Images(4));
  const std::string labels = Write("labels", Labels({0, 1, 2, 3}));
  ExpectError(Open("idx:" + folder_ + "/absent," + labels).status(), base::Code::kNotFound, {folder_ + "/absent"});
  ExpectError(Open("idx:" + labels + "," + images).status(), base::Code::kDataLoss, {labels, "IDX"});
  const std::string few = Write("few", Labels({0, 1, 2}));
  ExpectError(Open("idx:" + images + "," + few).status(), base::Code::kInvalidArgument, {"4 images", "3 labels", few});
  const std::string cut = Write("cut", Images(4).substr(0, 40));
  ExpectError(Open("idx:" + cut + "," + labels).status(), base::Code::kDataLoss, {cut, "24 of 64"});
  const std::string cut_labels = Write("cut-labels", Labels({0, 1, 2, 3}).substr(0, 10));
  ExpectError(Open("idx:" + images + "," + cut_labels).status(), base::Code::kDataLoss, {cut_labels, "2 of 4"});
  const std::string huge = Write("huge", BigEndian(0x803) + BigEndian(0xffffffff) + BigEndian(4096) + BigEndian(4096));
  const std::string huge_labels = Write("huge-labels", BigEndian(0x801) + BigEndian(0xffffffff));
  ExpectError(Open("idx:" + huge + "," + huge_labels).status(), base::Code::kResourceExhausted, {huge});
  ExpectError(Open("idx:" + folder_ + "," + labels).status(), base::Code::kInvalidArgument, {folder_});
  std::string torn = "\x1f\x8b\x08";
  torn += std::string(40, '\0');
  const std::string torn_path = Write("torn.gz", torn);
  EXPECT_EQ(Open("idx:" + torn_path + "," + labels).status().code(), base::Code::kDataLoss);
}

TEST_F(DatasetTest, WhatFollowsTheImagesIsCheckedToo) {
  const std::string labels = Write("labels", Labels({0, 1, 2, 3}));
  const std::string more = Write("more", Images(4) + "x");
  ExpectError(Open("idx:" + more + "," + labels).status(), base::Code::kDataLoss, {more, "goes on"});
  const std::string packed = WritePacked("packed.gz", Images(4));
  std::ifstream in(packed, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  bytes[bytes.size() - 6] = static_cast<char>(~bytes[bytes.size() - 6]);  // the checksum
  const std::string wrong = Write("wrong.gz", bytes);
  ExpectError(Open("idx:" + wrong + "," + labels).status(), base::Code::kDataLoss, {wrong});
}

TEST_F(DatasetTest, FashionMnistLabelsOutOfRangeAreNamed) {
  Write("train-images-idx3-ubyte", Images(4));
  const std::string path = Write("train-labels-idx1-ubyte", Labels({0, 9, 10, 1}));
  Write("t10k-images-idx3-ubyte", Images(2));
  Write("t10k-labels-idx1-ubyte", Labels({0, 1}));
  ExpectError(Open("fashion-mnist:" + folder_).status(), base::Code::kOutOfRange,
              {path, "label 10", "image 2", "0..9"});
}

TEST_F(DatasetTest, FashionMnistNeedsAllFourFiles) {
  Write("train-images-idx3-ubyte", Images(4));
  ExpectError(Open("fashion-mnist:" + folder_).status(), base::Code::kNotFound, {"train-labels-idx1-ubyte"});
}

TEST_F(DatasetTest, ReadsCifarAndNamesWhatIsWrong) {
  for (int batch = 1; batch <= 5; ++batch) {
    Write("data_batch_" + std::to_string(batch) + ".bin", CifarRecords({0, 1, static_cast<uint8_t>(batch)}));
  }
  ExpectError(Open("cifar10-bin:" + folder_).status(), base::Code::kNotFound, {"test_batch.bin"});
  WritePacked("test_batch.bin.gz", CifarRecords({7, 8}));
  const auto dataset = Open("cifar10-bin:" + folder_, 0);
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  EXPECT_EQ((*dataset)->info().train_images, 15U);
  EXPECT_EQ((*dataset)->info().test_images, 2U);
  EXPECT_EQ((*dataset)->info().channels, 3U);
  EXPECT_LT((*dataset)->info().mean[0], (*dataset)->info().mean[2]);

  const std::string bad = Write("data_batch_3.bin", CifarRecords({0, 1, 12}));
  ExpectError(Open("cifar10-bin:" + folder_).status(), base::Code::kOutOfRange, {bad, "label 12", "image 2"});
  Write("data_batch_3.bin", CifarRecords({0, 1}).substr(0, 4000));
  ExpectError(Open("cifar10-bin:" + folder_).status(), base::Code::kDataLoss, {bad, "image 1"});
}

TEST_F(DatasetTest, CifarRecordsMayLieInFilesOfAnyNameAndLength) {
  const std::string train = WritePacked("some.bin.gz", CifarRecords({0, 1, 2, 3, 4, 5, 6}));
  const std::string test = Write("others.bin", CifarRecords({7, 8}));
  const auto both = Open("cifar10-bin:" + train + "," + test, 0);
  ASSERT_TRUE(both.ok()) << both.status().message();
  EXPECT_EQ((*both)->info().train_images, 7U);
  EXPECT_EQ((*both)->info().test_images, 2U);
  EXPECT_EQ((*both)->info().classes, 10U);
  const auto alone = Open("cifar10-bin:" + train, 0);
  ASSERT_TRUE(alone.ok());
  EXPECT_EQ((*alone)->info().test_images, 0U);
  ExpectError(Open("cifar10-bin:" + train + "," + folder_ + "/absent").status(), base::Code::kNotFound, {"absent"});
}

TEST_F(DatasetTest, ImagesBeyondTheMemoryLimitAreRefused) {
  run::BackendOptions backend;
  backend.memory_limit = 4 * 3072;
  run::DatasetOptions options;
  options.source = "cifar10-bin:" + Write("five.bin", CifarRecords({0, 1, 2, 3, 4}));
  ExpectError(ImageDataset::Open(options, backend).status(), base::Code::kResourceExhausted, {"five.bin", "12288"});
  options.limit_train = 4;
  EXPECT_TRUE(ImageDataset::Open(options, backend).ok());
  options.source = "synthetic:3:3x64x64";
  options.limit_train = 0;
  ExpectError(ImageDataset::Open(options, backend).status(), base::Code::kResourceExhausted, {"synthetic"});
  options.source = "idx:" + Write("i", Images(1000)) + "," + Write("l", Labels(std::vector<uint8_t>(1000)));
  ExpectError(ImageDataset::Open(options, backend).status(), base::Code::kResourceExhausted, {"/i", "1000 images"});
  const ToyBatch batch = MakeToyBatch(40);
  ExpectError(ImageDataset::FromTensors(batch.inputs_view(), batch.targets_view(), options, backend).status(),
              base::Code::kResourceExhausted, {"40 images"});
}

// Label-free training: labels come from the seed, and those of the data are not needed.
TEST_F(DatasetTest, RandomLabelsStandInForThoseOfTheData) {
  run::DatasetOptions options;
  options.random_labels = 4;
  options.seed = 3;
  options.validation_fraction = 0;
  options.source = "idx:" + Write("i", Images(400)) + "," + folder_ + "/absent";
  const auto dataset = ImageDataset::Open(options);
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  EXPECT_EQ((*dataset)->info().classes, 4U);
  const PartImages part = *(*dataset)->Images(run::Part::kTrain, 0);
  const std::vector<int64_t> labels = ReadPart(**dataset, part).targets;
  std::vector<int> counts(4);
  for (const int64_t label : labels) {
    ASSERT_GE(label, 0);
    ASSERT_LT(label, 4);
    ++counts[static_cast<size_t>(label)];
  }
  // 100 each, with a deviation of 8.7.
  for (const int count : counts) EXPECT_NEAR(count, 100, 45);
  options.source = "idx:" + folder_ + "/i";
  options.limit_train = 50;
  const auto fewer = ImageDataset::Open(options);
  ASSERT_TRUE(fewer.ok()) << fewer.status().message();
  const auto first = ReadPart(**fewer, *(*fewer)->Images(run::Part::kTrain, 0)).targets;
  EXPECT_EQ(first, std::vector<int64_t>(labels.begin(), labels.begin() + 50));
  options.seed = 4;
  const auto other = ImageDataset::Open(options);
  EXPECT_NE(ReadPart(**other, *(*other)->Images(run::Part::kTrain, 0)).targets, first);
  EXPECT_NE((*other)->info().sha256, (*fewer)->info().sha256);
}

TEST_F(DatasetTest, TensorsNeedNoTargetsForRandomLabels) {
  const ToyBatch batch = MakeToyBatch(6);
  run::DatasetOptions options;
  options.validation_fraction = 0;
  ExpectError(ImageDataset::FromTensors(batch.inputs_view(), {}, options).status(), base::Code::kInvalidArgument,
              {"targets"});
  options.random_labels = 3;
  const auto dataset = ImageDataset::FromTensors(batch.inputs_view(), {}, options);
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  EXPECT_EQ((*dataset)->info().classes, 3U);
  EXPECT_EQ((*dataset)->info().train_images, 6U);
}

// Pictures of bytes are changed before they become numbers; the numbers of others are used as they are.
TEST_F(DatasetTest, OnlyPicturesOfBytesCanBeChangedAsPictures) {
  Augmentation augmentation;
  augmentation.picture.brightness = 0.5;
  const auto grey = Open("synthetic:3:1x8x8:20", 0);
  const auto part = *(*grey)->Images(run::Part::kTrain, 0);
  EXPECT_NE(ReadPart(**grey, part, augmentation).images, ReadPart(**grey, part).images);
  const ToyBatch batch = MakeToyBatch(5);
  const auto tensors = ImageDataset::FromTensors(batch.inputs_view(), batch.targets_view(), {});
  const auto two = Open("synthetic:3:2x8x8:20", 0);
  for (const auto& dataset : {tensors, two}) {
    BatchSource batches(**dataset, *(*dataset)->Images(run::Part::kTrain, 0), 4, augmentation);
    ExpectError(batches.Next(nullptr).status(), base::Code::kFailedPrecondition, {"colour jitter", "2 channels"});
  }
}

TEST_F(DatasetTest, BatchesDoNotDependOnTheWorkers) {
  Augmentation augmentation{2, true, 3, 9, 1};
  augmentation.picture.resized_crop = true;
  augmentation.picture.saturation = 0.4;
  augmentation.picture.rand_augment_operations = 2;
  run::DatasetOptions options;
  options.source = "synthetic:3:3x12x10:100";
  std::vector<float> expected;
  for (const uint32_t workers : {1U, 4U}) {
    run::BackendOptions backend;
    backend.workers = workers;
    const auto dataset = ImageDataset::Open(options, backend);
    const auto part = *(*dataset)->Images(run::Part::kTrain, 0);
    for (const uint32_t batch_size : {7U, 64U}) {
      const std::vector<float> images = ReadPart(**dataset, part, augmentation, batch_size).images;
      if (expected.empty()) expected = images;
      ASSERT_EQ(images, expected) << workers << " workers, batches of " << batch_size;
    }
  }
}

TEST_F(DatasetTest, UnknownSourcesAreRefused) {
  for (const char* source : {"", "mnist", "idx:", "idx:one", "cifar10-bin", "cifar10-jpeg:", "images",
                             "images:", "synthetic:", "synthetic:0", "synthetic:3:1x8", "synthetic:3:1x8x8x8",
                             "synthetic:3:1x8x8:0", "synthetic:x"}) {
    ExpectError(Open(source).status(), base::Code::kInvalidArgument, {"source"});
  }
}

TEST_F(DatasetTest, OptionsAreChecked) {
  run::DatasetOptions options;
  options.source = "synthetic:3:1x8x8:20";
  options.validation_fraction = 0.95;
  ExpectError(ImageDataset::Open(options).status(), base::Code::kInvalidArgument, {"validation_fraction", "0.95"});
  options.validation_fraction = 0;
  options.mean = {0.5, 0.5};
  ExpectError(ImageDataset::Open(options).status(), base::Code::kInvalidArgument, {"mean"});
  options.mean = {0.5};
  options.deviation = {0};
  ExpectError(ImageDataset::Open(options).status(), base::Code::kInvalidArgument, {"deviation[0]"});
}

TEST_F(DatasetTest, AnImageToTrainWithMustBeLeft) {
  run::DatasetOptions options;
  options.source = "synthetic:1:1x8x8:1";
  options.validation_fraction = 0.9;
  ExpectError(ImageDataset::Open(options).status(), base::Code::kFailedPrecondition,
              {"no image to train with", "validation_fraction 0.9"});
}

TEST_F(DatasetTest, TheSplitIsSeededDisjointAndComplete) {
  run::DatasetOptions options;
  options.source = "synthetic:3:1x4x4:60";
  options.validation_fraction = 0.2;
  const auto first = ImageDataset::Open(options);
  const auto again = ImageDataset::Open(options);
  ASSERT_TRUE(first.ok());
  const auto train = (*first)->Images(run::Part::kTrain, 0);
  const auto validation = (*first)->Images(run::Part::kValidation, 0);
  EXPECT_EQ(validation->images.size(), 12U);
  std::set<uint32_t> all(train->images.begin(), train->images.end());
  all.insert(validation->images.begin(), validation->images.end());
  EXPECT_EQ(all.size(), 60U);
  EXPECT_EQ((*again)->Images(run::Part::kTrain, 0)->images, train->images);
  EXPECT_EQ((*first)->Images(run::Part::kTrainAndValidation, 0)->images.size(), 60U);
  EXPECT_EQ((*first)->Images(run::Part::kTrain, 7)->images.size(), 7U);
  options.validation_fraction = 0;
  const auto none = ImageDataset::Open(options);
  EXPECT_EQ((*none)->Images(run::Part::kValidation, 0).status().code(), base::Code::kFailedPrecondition);
}

TEST_F(DatasetTest, NormalisesTheTrainingPart) {
  const auto dataset = Open("synthetic:4:2x8x8:200", 0.5);
  ASSERT_TRUE(dataset.ok());
  const auto part = (*dataset)->Images(run::Part::kTrain, 0);
  const std::vector<float> images = ReadPart(**dataset, *part).images;
  for (size_t channel = 0; channel < 2; ++channel) {
    double sum = 0;
    double square = 0;
    for (size_t i = channel; i < images.size(); i += 2) {
      sum += images[i];
      square += static_cast<double>(images[i]) * images[i];
    }
    const double count = static_cast<double>(images.size()) / 2;
    EXPECT_NEAR(sum / count, 0, 1e-5);
    EXPECT_NEAR(square / count, 1, 1e-4);
  }
}

TEST_F(DatasetTest, VariationsDependOnImageAndEpochAlone) {
  const auto dataset = Open("synthetic:3:3x8x8:40", 0);
  ASSERT_TRUE(dataset.ok());
  const size_t size = 3 * 8 * 8;
  const auto fill = [&](const PartImages& part, uint32_t epoch) {
    const Augmentation augmentation{2, true, 3, 9, epoch};
    return ReadPart(**dataset, part, augmentation).images;
  };
  PartImages forward = *(*dataset)->Images(run::Part::kTrain, 0);
  PartImages backward = forward;
  std::reverse(backward.images.begin(), backward.images.end());
  const auto first = fill(forward, 1);
  const auto second = fill(backward, 1);
  for (size_t i = 0; i < forward.images.size(); ++i) {
    const size_t mirrored = forward.images.size() - 1 - i;
    ASSERT_TRUE(std::equal(first.begin() + static_cast<long>(i * size),
                           first.begin() + static_cast<long>((i + 1) * size),
                           second.begin() + static_cast<long>(mirrored * size)));
  }
  EXPECT_NE(first, fill(forward, 2));
}

TEST_F(DatasetTest, CropFlipAndCutoutMoveWhatTheyShould) {
  // One image whose pixels tell their place.
  const ToyBatch batch = [] {
    ToyBatch made = MakeToyBatch(1, {4, 1, 1, 8, 3});
    for (size_t i = 0; i < made.images.size(); ++i) made.images[i] = static_cast<float>(i + 1);
    return made;
  }();
  run::DatasetOptions options;
  options.validation_fraction = 0;
  const auto dataset = ImageDataset::FromTensors(batch.inputs_view(), batch.targets_view(), options);
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  const auto part = (*dataset)->Images(run::Part::kTrain, 0);
  std::set<std::pair<int, int>> shifts;
  bool flipped = false;
  bool straight = false;
  for (uint32_t epoch = 0; epoch < 200; ++epoch) {
    const Augmentation augmentation{2, true, 0, 1, epoch};
    const std::vector<float> image = ReadPart(**dataset, *part, augmentation).images;
    // The middle of the picture is inside every crop.
    const int at = static_cast<int>(image[3 * 8 + 3]) - 1;
    const int step = static_cast<int>(image[3 * 8 + 4]) - 1 - at;
    ASSERT_EQ(std::abs(step), 1);
    (step < 0 ? flipped : straight) = true;
    shifts.insert({at / 8 - 3, step > 0 ? at % 8 - 3 : 4 - at % 8});
  }
  EXPECT_TRUE(flipped);
  EXPECT_TRUE(straight);
  EXPECT_EQ(shifts.size(), 25U);
  for (const auto& [down, right] : shifts) {
    EXPECT_LE(std::abs(down), 2);
    EXPECT_LE(std::abs(right), 2);
  }
  for (uint32_t epoch = 0; epoch < 50; ++epoch) {
    const Augmentation hole{0, false, 3, 1, epoch};
    const std::vector<float> image = ReadPart(**dataset, *part, hole).images;
    const auto erased = std::count(image.begin(), image.end(), 0.0F);
    EXPECT_GE(erased, 4);
    EXPECT_LE(erased, 9);
  }
}

TEST_F(DatasetTest, TensorsAreUsedAsTheyAreAndChecked) {
  ToyBatch batch = MakeToyBatch(5);
  run::DatasetOptions options;
  options.validation_fraction = 0;
  const auto dataset = ImageDataset::FromTensors(batch.inputs_view(), batch.targets_view(), options);
  ASSERT_TRUE(dataset.ok());
  const ReadImages read = ReadPart(**dataset, *(*dataset)->Images(run::Part::kTrain, 0));
  EXPECT_EQ(read.targets, batch.targets);
  EXPECT_EQ(read.images[1], batch.images[64]);  // second channel of the first pixel
  batch.targets[3] = -1;
  ExpectError(ImageDataset::FromTensors(batch.inputs_view(), batch.targets_view(), options).status(),
              base::Code::kInvalidArgument, {"targets[3]", "-1"});
  run::TensorView flat = batch.inputs_view();
  flat.shape = {5, 128};
  EXPECT_EQ(ImageDataset::FromTensors(flat, batch.targets_view(), options).status().code(),
            base::Code::kInvalidArgument);
}

TEST_F(DatasetTest, ForeignDataSetsAreRefused) {
  class Foreign : public run::Dataset {
   public:
    const run::DatasetInfo& info() const override { return info_; }
    run::DatasetInfo info_;
  } foreign;
  EXPECT_EQ(ImageDataset::From(&foreign).status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(ImageDataset::From(nullptr).status().code(), base::Code::kInvalidArgument);
}

TEST_F(DatasetTest, FashionMnistHasItsPublishedMoments) {
  struct stat info = {};
  if (stat("/usr/share/datasets/fashion-mnist", &info) != 0) GTEST_SKIP() << "needs the package dataset-fashion-mnist";
  const auto dataset = Open("fashion-mnist", 0);
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  EXPECT_EQ((*dataset)->info().train_images, 60000U);
  EXPECT_EQ((*dataset)->info().test_images, 10000U);
  EXPECT_NEAR((*dataset)->info().mean[0], 0.2860, 5e-5);
  EXPECT_NEAR((*dataset)->info().deviation[0], 0.3530, 5e-5);
}

}  // namespace
}  // namespace nasshrink::nn
