#include "nn/dataset.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

#include "base/digest.h"
#include "base/file.h"
#include "base/random.h"
#include "nn/picture_decoder.h"
#include "nn/picture_scaling.h"

namespace nasshrink::nn {
namespace {

constexpr double kMaxValidation = 0.9;
constexpr uint64_t kMaxFileBytes = uint64_t{1} << 28U;
// Mean and deviation of ImageNet's training images, as torchvision's models use them.
constexpr double kImageNetMean[] = {0.485, 0.456, 0.406};
constexpr double kImageNetDeviation[] = {0.229, 0.224, 0.225};

// All data sets of this back end: the way to know a foreign one without RTTI across the library border.
struct Registry {
  std::mutex mutex;
  std::set<const run::Dataset*> live;
};
Registry& LiveDatasets() {
  static auto* const kRegistry = new Registry;
  return *kRegistry;
}

template <typename T>
std::string_view BytesOf(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

base::Status CheckTensors(const run::TensorView& inputs, const run::TensorView& targets, bool labels) {
  if (inputs.dtype != run::DType::kFloat32 || inputs.shape.size() != 4) {
    return base::Invalid("inputs", fmt::format("{} dimensions", inputs.shape.size()),
                         "float32 [n, channels, height, width]", "the images do not fit");
  }
  for (const int64_t side : inputs.shape) {
    if (side < 1 || side > int64_t{1} << 31) {
      return base::Invalid("inputs", side, "sides of at least 1", "the images have no size");
    }
  }
  if (inputs.data == nullptr) return base::Invalid("inputs", "null", "memory", "there are no images");
  if (!labels) return {};
  if (targets.dtype != run::DType::kInt64 || targets.shape.size() != 1 || targets.shape[0] != inputs.shape[0]) {
    return base::Invalid("targets", targets.shape.empty() ? 0 : targets.shape[0],
                         fmt::format("int64 [{}]", inputs.shape[0]), "the targets do not fit the images");
  }
  if (targets.data == nullptr) return base::Invalid("targets", "null", "memory", "there are no labels");
  return {};
}

}  // namespace

ImageDataset::ImageDataset() {
  Registry& registry = LiveDatasets();
  std::lock_guard<std::mutex> lock(registry.mutex);
  registry.live.insert(this);
}

ImageDataset::~ImageDataset() {
  Registry& registry = LiveDatasets();
  std::lock_guard<std::mutex> lock(registry.mutex);
  registry.live.erase(this);
}

base::Result<const ImageDataset*> ImageDataset::From(const run::Dataset* dataset) {
  Registry& registry = LiveDatasets();
  std::lock_guard<std::mutex> lock(registry.mutex);
  if (registry.live.count(dataset) == 0) {
    return base::Status(base::Code::kInvalidArgument, dataset == nullptr
                                                          ? "dataset: images are needed but none were given"
                                                          : "dataset: was not opened by the torch back end");
  }
  return static_cast<const ImageDataset*>(dataset);
}

base::Result<std::shared_ptr<ImageDataset>> ImageDataset::Open(const run::DatasetOptions& options,
                                                               const run::BackendOptions& backend) {
  NASSHRINK_ASSIGN_OR_RETURN(ImageSource source, ReadImageSource(options, backend));
  return Make(std::move(source), options, backend);
}

base::Result<std::shared_ptr<ImageDataset>> ImageDataset::FromTensors(const run::TensorView& inputs,
                                                                      const run::TensorView& targets,
                                                                      const run::DatasetOptions& options,
                                                                      const run::BackendOptions& backend) {
  NASSHRINK_RETURN_IF_ERROR(CheckTensors(inputs, targets, options.random_labels == 0));
  NASSHRINK_ASSIGN_OR_RETURN(ImageSource source, CopyTensors(inputs, targets, options, backend));
  return Make(std::move(source), options, backend);
}

base::Result<std::shared_ptr<ImageDataset>> ImageDataset::Make(ImageSource source, const run::DatasetOptions& options,
                                                               const run::BackendOptions& backend) {
  std::shared_ptr<ImageDataset> dataset(new ImageDataset);
  dataset->workers_ = std::max(1U, backend.workers);
  dataset->source_ = std::move(source);
  run::DatasetInfo& info = dataset->info_;
  info.source = options.source.empty() ? "memory" : options.source;
  info.channels = dataset->source_.channels;
  info.height = dataset->source_.height;
  info.width = dataset->source_.width;
  info.classes = dataset->source_.classes;
  if (options.random_labels != 0) dataset->DrawLabels(options);
  NASSHRINK_RETURN_IF_ERROR(dataset->Split(options));
  NASSHRINK_RETURN_IF_ERROR(dataset->SetNormalisation(options));
  dataset->Digest();
  return dataset;
}

// RLNAS (Zhang et al., CVPR 2021): a label for every image, drawn once and uniformly.
void ImageDataset::DrawLabels(const run::DatasetOptions& options) {
  info_.classes = options.random_labels;
  for (const bool test : {false, true}) {
    std::vector<int64_t>& labels = (test ? source_.test : source_.train).labels;
    labels.resize(test ? source_.test_count : source_.train_count);
    for (size_t i = 0; i < labels.size(); ++i) {
      base::Philox random(options.seed, base::Purpose::kRandomLabel, test ? 1 : 0, static_cast<uint32_t>(i));
      labels[i] = random.Below(options.random_labels);
    }
  }
}

base::Status ImageDataset::Split(const run::DatasetOptions& options) {
  const double fraction = options.validation_fraction;
  if (!(fraction >= 0 && fraction <= kMaxValidation)) {
    return base::Invalid("validation_fraction", fraction, "0..0.9", "the share held out for validation does not fit");
  }
  const auto count = static_cast<uint32_t>(source_.train_count);
  if (source_.validation_count != 0) {
    for (uint32_t i = 0; i < count; ++i) {
      (i < count - source_.validation_count ? train_images_ : validation_images_).push_back(i);
    }
  } else {
    const auto held_out = static_cast<uint32_t>(std::llround(fraction * count));
    base::Philox random(options.seed, base::Purpose::kSplit);
    const std::vector<uint32_t> order = base::Permutation(count, random);
    validation_images_.assign(order.begin(), order.begin() + held_out);
    train_images_.assign(order.begin() + held_out, order.end());
    std::sort(validation_images_.begin(), validation_images_.end());
    std::sort(train_images_.begin(), train_images_.end());
  }
  info_.train_images = train_images_.size();
  info_.validation_images = validation_images_.size();
  info_.test_images = source_.test_count;
  if (train_images_.empty()) {
    return base::Error(base::Code::kFailedPrecondition,
                       "the data set '{}' leaves no image to train with: of its {} training images {} are held out for "
                       "validation (validation_fraction {})",
                       info_.source, count, validation_images_.size(), fraction);
  }
  return {};
}

// Tensors are used as they are.
base::Status ImageDataset::SetNormalisation(const run::DatasetOptions& options) {
  if (!source_.train.values.empty()) return {};
  for (const auto* given : {&options.mean, &options.deviation}) {
    if (!given->empty() && given->size() != info_.channels) {
      return base::Invalid(given == &options.mean ? "mean" : "deviation", given->size(),
                           fmt::format("{} numbers", info_.channels), "there is not one number a channel");
    }
  }
  if (source_.train.paths.empty()) {
    MeasureNormalisation();
  } else {
    info_.mean.assign(std::begin(kImageNetMean), std::end(kImageNetMean));
    info_.deviation.assign(std::begin(kImageNetDeviation), std::end(kImageNetDeviation));
  }
  if (!options.mean.empty()) info_.mean = options.mean;
  if (!options.deviation.empty()) info_.deviation = options.deviation;
  for (uint32_t c = 0; c < info_.channels; ++c) {
    if (!std::isfinite(info_.mean[c])) {
      return base::Invalid(fmt::format("mean[{}]", c), info_.mean[c], "a finite number", "the mean does not fit");
    }
    if (!(info_.deviation[c] > 0) || !std::isfinite(info_.deviation[c])) {
      return base::Invalid(fmt::format("deviation[{}]", c), info_.deviation[c], "above 0",
                           "the deviation does not fit");
    }
    for (int pixel = 0; pixel < 256; ++pixel) {
      byte_values_.push_back(static_cast<float>((pixel / 255.0 - info_.mean[c]) / info_.deviation[c]));
    }
  }
  return {};
}

// From exact counts of pixel values; a constant channel gets deviation 1.
void ImageDataset::MeasureNormalisation() {
  const size_t plane = size_t{info_.height} * info_.width;
  for (uint32_t c = 0; c < info_.channels; ++c) {
    std::vector<uint64_t> counts(256, 0);
    for (const uint32_t image : train_images_) {
      const uint8_t* pixel = source_.train.pixels.data() + (size_t{image} * info_.channels + c) * plane;
      for (size_t i = 0; i < plane; ++i) ++counts[pixel[i]];
    }
    const double total = static_cast<double>(plane) * static_cast<double>(train_images_.size());
    double mean = 0;
    double square = 0;
    for (size_t value = 0; value < 256; ++value) {
      const double share = static_cast<double>(counts[value]) / total;
      mean += share * static_cast<double>(value) / 255;
      square += share * static_cast<double>(value * value) / (255.0 * 255.0);
    }
    const double variance = square - mean * mean;
    info_.mean.push_back(mean);
    info_.deviation.push_back(variance > 1e-12 ? std::sqrt(variance) : 1.0);
  }
}

void ImageDataset::Digest() {
  base::Sha256Stream stream;
  for (const ImageHalf* half : {&source_.train, &source_.test}) {
    stream.Update(BytesOf(half->pixels));
    stream.Update(BytesOf(half->values));
    for (size_t i = 0; i < half->paths.size(); ++i) {
      // Reading all pictures would take hours; names and sizes tell two folders apart.
      stream.Update(fmt::format("{}\n{}\n", half->paths[i].substr(source_.folder.size()), half->file_sizes[i]));
    }
    stream.Update(BytesOf(half->labels));
  }
  if (!source_.folder.empty()) stream.Update(fmt::format("{}x{}", info_.height, info_.width));
  stream.Update(BytesOf(validation_images_));
  info_.sha256 = stream.Finish();
}

uint64_t ImageDataset::CountOf(run::Part part) const {
  switch (part) {
    case run::Part::kTrain:
      return info_.train_images;
    case run::Part::kValidation:
      return info_.validation_images;
    case run::Part::kTest:
      return info_.test_images;
    case run::Part::kTrainAndValidation:
      return info_.train_images + info_.validation_images;
  }
  return 0;
}

base::Result<PartImages> ImageDataset::Images(run::Part part, uint64_t limit) const {
  static constexpr const char* kNames[] = {"training", "validation", "test", "training and validation"};
  PartImages out;
  out.test = part == run::Part::kTest;
  if (part == run::Part::kTrain) out.images = train_images_;
  if (part == run::Part::kValidation) out.images = validation_images_;
  if (part == run::Part::kTest || part == run::Part::kTrainAndValidation) {
    out.images.resize(CountOf(part));
    for (uint32_t i = 0; i < out.images.size(); ++i) out.images[i] = i;
  }
  if (limit != 0 && out.images.size() > limit) out.images.resize(limit);
  if (out.images.empty()) {
    return base::Error(base::Code::kFailedPrecondition, "the data set '{}' has no {} images", info_.source,
                       kNames[static_cast<size_t>(part)]);
  }
  return out;
}

bool ImageDataset::IsCostly(const std::optional<Augmentation>& augmentation) const {
  return !source_.train.paths.empty() || (augmentation && augmentation->ChangesPictures());
}

base::Status ImageDataset::Fill(bool test, uint32_t image, const Augmentation* augmentation, float* out,
                                int64_t* target) const {
  const ImageHalf& half = test ? source_.test : source_.train;
  const size_t plane = size_t{info_.height} * info_.width;
  std::optional<Placement> placement;
  if (augmentation != nullptr) placement = DrawPlacement(*augmentation, image, info_.height, info_.width);
  const Placement* where = placement ? &*placement : nullptr;
  *target = half.labels[image];
  if (!half.paths.empty() || (augmentation != nullptr && augmentation->ChangesPictures())) {
    NASSHRINK_ASSIGN_OR_RETURN(const Picture picture, PictureOf(half, image, augmentation));
    const size_t row = size_t{info_.width} * info_.channels;
    WriteBytes({picture.pixels.data(), row, info_.channels, 1}, shape(), byte_values_, where, out);
  } else if (half.values.empty()) {
    WriteBytes({half.pixels.data() + image * image_size(), info_.width, 1, plane}, shape(), byte_values_, where, out);
  } else {
    WriteValues({half.values.data() + image * image_size(), info_.width, 1, plane}, shape(), where, out);
  }
  return {};
}

// The picture as the network is to see it, apart from crop, flip and cutout.
base::Result<Picture> ImageDataset::PictureOf(const ImageHalf& half, uint32_t image,
                                              const Augmentation* augmentation) const {
  Picture picture;
  if (!half.paths.empty()) {
    NASSHRINK_ASSIGN_OR_RETURN(const std::string bytes, base::ReadFile(half.paths[image], kMaxFileBytes));
    NASSHRINK_ASSIGN_OR_RETURN(picture, DecodePicture(bytes, half.paths[image]));
  } else {
    if (half.pixels.empty() || (info_.channels != 1 && info_.channels != 3)) {
      return base::Error(base::Code::kFailedPrecondition,
                         "colour jitter, random resized crop and RandAugment change pictures of bytes with 1 or 3 "
                         "channels; the data set '{}' has {} channels of {}",
                         info_.source, info_.channels, half.pixels.empty() ? "numbers" : "bytes");
    }
    picture = Picture{info_.channels, info_.height, info_.width, std::vector<uint8_t>(image_size())};
    const uint8_t* from = half.pixels.data() + image * image_size();
    const size_t plane = image_size() / info_.channels;
    for (size_t pixel = 0; pixel < plane; ++pixel) {
      for (size_t c = 0; c < info_.channels; ++c) picture.pixels[pixel * info_.channels + c] = from[c * plane + pixel];
    }
  }
  if (augmentation != nullptr) return Vary(*augmentation, image, std::move(picture), info_.height, info_.width);
  if (picture.height == info_.height && picture.width == info_.width) return picture;
  return ScaledMiddle(picture, info_.height, info_.width);
}

}  // namespace nasshrink::nn
