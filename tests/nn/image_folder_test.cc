#include "nn/image_folder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "nn/picture_bytes.h"
#include "nn/picture_scaling.h"
#include "nn/read_part.h"
#include "nn/temporary_folder.h"
#include "nn/toy_space.h"

namespace nasshrink::nn {
namespace {

class ImageFolderTest : public testing::Test {
 protected:
  // A picture of one colour, so that its place in a batch can be told.
  static std::string Plain(uint8_t value, uint32_t height = 40, uint32_t width = 50) {
    return PngBytes({3, height, width, std::vector<uint8_t>(size_t{3} * height * width, value)});
  }
  // Three classes of 4, 2 and 1 pictures; the last one in capitals and a JPEG.
  void WriteClasses(const std::string& folder) {
    for (int i = 0; i < 4; ++i)
      files_.Write(folder + "/ant/" + std::to_string(i) + ".png", Plain(static_cast<uint8_t>(i)));
    files_.Write(folder + "/bee/more/a.png", Plain(10));
    files_.Write(folder + "/bee/b.png", Plain(11));
    files_.Write(folder + "/cat/c.JPEG", JpegBytes(SmoothPicture(40, 50, 0)));
    files_.Write(folder + "/cat/.hidden.png", "nothing");
    files_.Write(folder + "/cat/notes.txt", "nothing");
  }
  base::Result<std::shared_ptr<ImageDataset>> Open(const std::string& place, uint32_t workers = 1) {
    run::BackendOptions backend;
    backend.workers = workers;
    options_.source = "images:" + place;
    return ImageDataset::Open(options_, backend);
  }
  static void ExpectError(const base::Status& status, base::Code code, const std::vector<std::string>& parts) {
    EXPECT_EQ(status.code(), code) << status.message();
    for (const std::string& part : parts) {
      EXPECT_NE(status.message().find(part), std::string::npos) << status.message() << " lacks " << part;
    }
  }

  TemporaryFolder files_;
  run::DatasetOptions options_;
};

TEST_F(ImageFolderTest, TheFirstPicturesAreOfAllClasses) {
  WriteClasses("all");
  const auto folder = ListImageFolder(files_.path() + "/all");
  ASSERT_TRUE(folder.ok()) << folder.status().message();
  EXPECT_EQ(folder->classes, (std::vector<std::string>{"ant", "bee", "cat"}));
  EXPECT_EQ(folder->train.labels, (std::vector<int64_t>{0, 1, 2, 0, 1, 0, 0}));
  std::vector<std::string> names;
  for (const std::string& path : folder->train.paths) names.push_back(std::filesystem::path(path).filename());
  EXPECT_EQ(names, (std::vector<std::string>{"0.png", "b.png", "c.JPEG", "1.png", "a.png", "2.png", "3.png"}));
  EXPECT_TRUE(folder->validation.paths.empty());
  EXPECT_TRUE(folder->test.paths.empty());
}

TEST_F(ImageFolderTest, PartsAreThoseThatThereAreFoldersFor) {
  WriteClasses("train");
  files_.Write("val/bee/1.png", Plain(1));
  auto folder = ListImageFolder(files_.path());
  ASSERT_TRUE(folder.ok()) << folder.status().message();
  EXPECT_EQ(folder->test.labels, (std::vector<int64_t>{1}));
  EXPECT_TRUE(folder->validation.paths.empty());
  files_.Write("test/cat/1.png", Plain(1));
  files_.Write("test/ant/1.png", Plain(1));
  folder = ListImageFolder(files_.path());
  ASSERT_TRUE(folder.ok());
  EXPECT_EQ(folder->test.labels, (std::vector<int64_t>{0, 2}));
  EXPECT_EQ(folder->validation.labels, (std::vector<int64_t>{1}));

  const auto dataset = Open(files_.path());
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  EXPECT_EQ((*dataset)->info().train_images, 7U);
  EXPECT_EQ((*dataset)->info().validation_images, 1U);
  EXPECT_EQ((*dataset)->info().test_images, 2U);
  EXPECT_EQ((*dataset)->info().classes, 3U);
  EXPECT_EQ((*dataset)->Images(run::Part::kTrainAndValidation, 0)->images.size(), 8U);
}

TEST_F(ImageFolderTest, PicturesAreScaledToTheSizeAskedFor) {
  WriteClasses("all");
  options_.validation_fraction = 0;
  options_.mean = {0, 0, 0};
  options_.deviation = {1, 1, 1};
  const auto dataset = Open(files_.path() + "/all:24x32");
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  EXPECT_EQ((*dataset)->info().height, 24U);
  EXPECT_EQ((*dataset)->info().width, 32U);
  const ReadImages read = ReadPart(**dataset, *(*dataset)->Images(run::Part::kTrain, 0), std::nullopt, 3);
  ASSERT_EQ(read.images.size(), 7U * 24 * 32 * 3);
  EXPECT_EQ(read.targets, (std::vector<int64_t>{0, 1, 2, 0, 1, 0, 0}));
  // The plain ones keep their colour.
  for (const auto& [place, value] : {std::pair{0U, 0}, {1U, 11}, {3U, 1}, {6U, 3}}) {
    EXPECT_FLOAT_EQ(read.images[place * 24 * 32 * 3 + 77], static_cast<float>(value / 255.0));
  }
  options_.mean.clear();
  options_.deviation.clear();
  const auto usual = Open(files_.path() + "/all");
  EXPECT_EQ((*usual)->info().height, 224U);
  EXPECT_EQ((*usual)->info().mean, (std::vector<double>{0.485, 0.456, 0.406}));
  ExpectError(Open(files_.path() + "/all:0").status(), base::Code::kInvalidArgument, {"source", "1..2048"});
  ExpectError(Open(files_.path() + "/all:32x").status(), base::Code::kNotFound, {"all:32x"});
}

TEST_F(ImageFolderTest, PicturesOfTheSizeAskedForAreUsedAsTheyAre) {
  const Picture picture = NoisePicture(3, 8, 8, 1);
  files_.Write("all/one/1.png", PngBytes(picture));
  options_.validation_fraction = 0;
  options_.mean = {0, 0, 0};
  options_.deviation = {1, 1, 1};
  const auto dataset = Open(files_.path() + "/all:8");
  const std::vector<float> image = ReadPart(**dataset, *(*dataset)->Images(run::Part::kTrain, 0)).images;
  for (size_t i = 0; i < image.size(); ++i) ASSERT_EQ(image[i], static_cast<float>(picture.pixels[i] / 255.0));
}

TEST_F(ImageFolderTest, BatchesDoNotDependOnTheWorkers) {
  for (int i = 0; i < 30; ++i) {
    files_.Write("all/" + std::to_string(i % 3) + "/" + std::to_string(i) + ".jpg",
                 JpegBytes(SmoothPicture(30 + static_cast<uint32_t>(i), 60, i)));
  }
  Augmentation augmentation{2, true, 4, 5, 2};
  augmentation.picture.resized_crop = true;
  augmentation.picture.brightness = augmentation.picture.contrast = augmentation.picture.saturation = 0.4;
  augmentation.picture.rand_augment_operations = 2;
  std::vector<float> expected;
  for (const uint32_t workers : {1U, 4U}) {
    const auto dataset = Open(files_.path() + "/all:16", workers);
    ASSERT_TRUE(dataset.ok()) << dataset.status().message();
    const PartImages part = *(*dataset)->Images(run::Part::kTrain, 0);
    const std::vector<float> images = ReadPart(**dataset, part, augmentation, 4).images;
    if (expected.empty()) expected = images;
    ASSERT_EQ(images, expected);
  }
}

// A supernet trained on pictures from a folder, decoded and varied ahead: the same bytes with any number of workers.
TEST_F(ImageFolderTest, TrainingDoesNotDependOnTheWorkers) {
  for (int i = 0; i < 24; ++i) {
    files_.Write("all/" + std::to_string(i % 3) + "/" + std::to_string(i) + ".jpg",
                 JpegBytes(SmoothPicture(40, 30 + static_cast<uint32_t>(i), i % 3)));
  }
  run::TrainOptions train;
  train.batch_size = 5;
  train.flip = true;
  train.augmentation.resized_crop = true;
  train.augmentation.brightness = 0.4;
  options_.source = "images:" + files_.path() + "/all:8";
  std::string expected;
  for (const uint32_t workers : {1U, 4U}) {
    run::BackendOptions backend_options;
    backend_options.workers = workers;
    base::Status status;
    const std::unique_ptr<run::Backend> backend(nasshrink_backend_factory()->create(backend_options, &status));
    ASSERT_NE(backend, nullptr) << status.message();
    const auto dataset = backend->OpenDataset(options_);
    ASSERT_TRUE(dataset.ok()) << dataset.status().message();
    const auto supernet = backend->NewSupernet(ToySpace({4, 1, 3, 8, 3}), {});
    const auto trainer = (*supernet)->NewTrainer(train);
    for (uint32_t epoch = 0; epoch < 2; ++epoch) {
      run::EpochRequest request;
      request.epoch = epoch;
      const auto outcome = (*trainer)->Epoch(**dataset, request);
      ASSERT_TRUE(outcome.ok()) << outcome.status().message();
      EXPECT_EQ(outcome->images, 20U);
    }
    const std::string image = *(*supernet)->Serialize({});
    if (expected.empty()) expected = image;
    ASSERT_EQ(image, expected);
  }
}

TEST_F(ImageFolderTest, ATornPictureIsNamedWhenItsBatchIsRead) {
  WriteClasses("all");
  const std::string whole = JpegBytes(SmoothPicture(40, 50, 1));
  const std::string torn = files_.Write("all/bee/b.png", whole.substr(0, whole.size() / 2));
  options_.validation_fraction = 0;
  for (const uint32_t workers : {1U, 4U}) {
    const auto dataset = Open(files_.path() + "/all:16", workers);
    ASSERT_TRUE(dataset.ok());
    BatchSource batches(**dataset, *(*dataset)->Images(run::Part::kTrain, 0), 1, std::nullopt);
    EXPECT_TRUE(batches.Next(nullptr).ok());
    ExpectError(batches.Next(nullptr).status(), base::Code::kDataLoss, {torn});
  }
}

TEST_F(ImageFolderTest, FoldersThatDoNotFitAreNamed) {
  ExpectError(Open(files_.path() + "/absent").status(), base::Code::kNotFound, {"absent"});
  ExpectError(Open(files_.path()).status(), base::Code::kNotFound, {files_.path(), "JPEG or PNG"});
  WriteClasses("train");
  std::filesystem::create_directories(files_.path() + "/train/dog");
  ExpectError(Open(files_.path()).status(), base::Code::kNotFound, {"train/dog"});
  std::filesystem::remove(files_.path() + "/train/dog");
  files_.Write("val/dog/1.png", Plain(1));
  ExpectError(Open(files_.path()).status(), base::Code::kInvalidArgument, {"val/dog", "training images do not have"});
  std::filesystem::remove_all(files_.path() + "/val");
  const std::string stray = files_.Write("train/stray.jpg", Plain(1));
  ExpectError(Open(files_.path()).status(), base::Code::kInvalidArgument, {stray, "beside the class folders"});
}

TEST_F(ImageFolderTest, PicturesWithoutClassesNeedRandomLabels) {
  for (int i = 0; i < 20; ++i) files_.Write("all/" + std::to_string(i) + ".png", Plain(static_cast<uint8_t>(i)));
  ExpectError(Open(files_.path() + "/all").status(), base::Code::kFailedPrecondition, {"random_labels"});
  options_.random_labels = 5;
  options_.validation_fraction = 0;
  const auto dataset = Open(files_.path() + "/all:8");
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  EXPECT_EQ((*dataset)->info().classes, 5U);
  const std::vector<int64_t> labels = ReadPart(**dataset, *(*dataset)->Images(run::Part::kTrain, 0)).targets;
  ASSERT_EQ(labels.size(), 20U);
  EXPECT_GT(*std::max_element(labels.begin(), labels.end()), 1);
}

TEST_F(ImageFolderTest, TheDigestTellsFoldersApart) {
  WriteClasses("one");
  WriteClasses("two");
  const auto one = Open(files_.path() + "/one");
  const auto two = Open(files_.path() + "/two");
  EXPECT_EQ((*one)->info().sha256, (*two)->info().sha256);
  EXPECT_NE((*Open(files_.path() + "/two:64"))->info().sha256, (*two)->info().sha256);
  files_.Write("two/ant/4.png", Plain(4));
  EXPECT_NE((*Open(files_.path() + "/two"))->info().sha256, (*one)->info().sha256);
}

}  // namespace
}  // namespace nasshrink::nn
