#include "nn/dataset.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

#include "base/digest.h"
#include "base/random.h"
#include "nn/parallel.h"
#include "nn/synthetic.h"

namespace nasshrink::nn {
namespace {

constexpr char kFashionMnistFolder[] = "/usr/share/datasets/fashion-mnist";
constexpr double kMaxValidation = 0.9;
constexpr int64_t kMaxClasses = 65536;

// All data sets of this back end: the way to know a foreign one without RTTI across the library border.
struct Registry {
  std::mutex mutex;
  std::set<const run::Dataset*> live;
};
Registry& LiveDatasets() {
  static auto* const kRegistry = new Registry;
  return *kRegistry;
}

base::Result<TrainAndTest> ReadSource(const run::DatasetOptions& options) {
  const std::string& source = options.source;
  const size_t colon = source.find(':');
  const std::string kind = source.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : source.substr(colon + 1);
  if (kind == "fashion-mnist") {
    return ReadFashionMnist(rest.empty() ? kFashionMnistFolder : rest, options.limit_train, options.limit_test);
  }
  if (kind == "cifar10-bin" && !rest.empty()) return ReadCifar10(rest, options.limit_train, options.limit_test);
  if (kind == "idx" && !rest.empty()) return ReadIdxList(rest, options.limit_train, options.limit_test);
  if (kind == "synthetic") return MakeSynthetic(rest, options.seed, options.limit_train, options.limit_test);
  return base::Invalid("source", source,
                       "fashion-mnist[:DIR], cifar10-bin:DIR, idx:IMAGES,LABELS or synthetic:CLASSES[:CxHxW[:IMAGES]]",
                       "names no source of images");
}

template <typename T>
std::string_view BytesOf(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

base::Status CheckTensors(const run::TensorView& inputs, const run::TensorView& targets) {
  if (inputs.dtype != run::DType::kFloat32 || inputs.shape.size() != 4) {
    return base::Invalid("inputs", fmt::format("{} dimensions", inputs.shape.size()),
                         "float32 [n, channels, height, width]", "the images do not fit");
  }
  if (targets.dtype != run::DType::kInt64 || targets.shape.size() != 1 || targets.shape[0] != inputs.shape[0]) {
    return base::Invalid("targets", targets.shape.empty() ? 0 : targets.shape[0],
                         fmt::format("int64 [{}]", inputs.shape[0]), "the targets do not fit the images");
  }
  for (const int64_t side : inputs.shape) {
    if (side < 1 || side > int64_t{1} << 31) {
      return base::Invalid("inputs", side, "sides of at least 1", "the images have no size");
    }
  }
  if (inputs.data == nullptr || targets.data == nullptr) {
    return base::Invalid("inputs", "null", "memory", "there are no images");
  }
  return {};
}

// What was drawn for one image; always drawn in full, so that one option does not shift another's numbers.
struct Variation {
  int down = 0;
  int right = 0;
  bool mirrored = false;
  int hole_row = 0;
  int hole_column = 0;
};

Variation Draw(const Augmentation& augmentation, uint32_t image, uint32_t height, uint32_t width) {
  base::Philox random(augmentation.seed, base::Purpose::kAugment, augmentation.epoch, image);
  const auto padding = static_cast<int>(augmentation.crop_padding);
  Variation variation;
  variation.down = static_cast<int>(random.Below(2 * augmentation.crop_padding + 1)) - padding;
  variation.right = static_cast<int>(random.Below(2 * augmentation.crop_padding + 1)) - padding;
  variation.mirrored = random.Below(2) == 1 && augmentation.flip;
  variation.hole_row = static_cast<int>(random.Below(height));
  variation.hole_column = static_cast<int>(random.Below(width));
  return variation;
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

base::Result<std::shared_ptr<ImageDataset>> ImageDataset::Open(const run::DatasetOptions& options) {
  NASSHRINK_ASSIGN_OR_RETURN(TrainAndTest both, ReadSource(options));
  std::shared_ptr<ImageDataset> dataset(new ImageDataset);
  dataset->info_.source = options.source;
  dataset->info_.channels = both.train.channels;
  dataset->info_.height = both.train.height;
  dataset->info_.width = both.train.width;
  dataset->info_.classes = both.classes;
  dataset->train_.pixels = std::move(both.train.pixels);
  dataset->train_.labels = std::move(both.train.labels);
  dataset->test_.pixels = std::move(both.test.pixels);
  dataset->test_.labels = std::move(both.test.labels);
  NASSHRINK_RETURN_IF_ERROR(dataset->Split(options));
  NASSHRINK_RETURN_IF_ERROR(dataset->SetNormalisation(options));
  dataset->Digest();
  return dataset;
}

base::Result<std::shared_ptr<ImageDataset>> ImageDataset::FromTensors(const run::TensorView& inputs,
                                                                      const run::TensorView& targets,
                                                                      const run::DatasetOptions& options) {
  NASSHRINK_RETURN_IF_ERROR(CheckTensors(inputs, targets));
  std::shared_ptr<ImageDataset> dataset(new ImageDataset);
  run::DatasetInfo& info = dataset->info_;
  info.source = options.source.empty() ? "memory" : options.source;
  info.channels = static_cast<uint32_t>(inputs.shape[1]);
  info.height = static_cast<uint32_t>(inputs.shape[2]);
  info.width = static_cast<uint32_t>(inputs.shape[3]);
  auto count = static_cast<size_t>(inputs.shape[0]);
  if (options.limit_train != 0) count = std::min<size_t>(count, options.limit_train);
  const auto* labels = static_cast<const int64_t*>(targets.data);
  for (size_t i = 0; i < count; ++i) {
    if (labels[i] < 0 || labels[i] >= kMaxClasses) {
      return base::Invalid(fmt::format("targets[{}]", i), labels[i], fmt::format("0..{}", kMaxClasses - 1),
                           "the label is out of range");
    }
    info.classes = std::max(info.classes, static_cast<uint32_t>(labels[i]) + 1);
  }
  const auto* values = static_cast<const float*>(inputs.data);
  dataset->train_.values.assign(values, values + count * info.channels * info.height * info.width);
  dataset->train_.labels.assign(labels, labels + count);
  NASSHRINK_RETURN_IF_ERROR(dataset->Split(options));
  dataset->Digest();
  return dataset;
}

base::Status ImageDataset::Split(const run::DatasetOptions& options) {
  const double fraction = options.validation_fraction;
  if (!(fraction >= 0 && fraction <= kMaxValidation)) {
    return base::Invalid("validation_fraction", fraction, "0..0.9", "the share held out for validation does not fit");
  }
  const auto count = static_cast<uint32_t>(train_.labels.size());
  const auto held_out = static_cast<uint32_t>(std::llround(fraction * count));
  base::Philox random(options.seed, base::Purpose::kSplit);
  const std::vector<uint32_t> order = base::Permutation(count, random);
  validation_images_.assign(order.begin(), order.begin() + held_out);
  train_images_.assign(order.begin() + held_out, order.end());
  std::sort(validation_images_.begin(), validation_images_.end());
  std::sort(train_images_.begin(), train_images_.end());
  info_.train_images = train_images_.size();
  info_.validation_images = validation_images_.size();
  info_.test_images = test_.labels.size();
  if (train_images_.empty()) {
    return base::Error(base::Code::kFailedPrecondition,
                       "the data set '{}' leaves no image to train with: of its {} training images {} are held out for "
                       "validation (validation_fraction {})",
                       info_.source, count, held_out, fraction);
  }
  return {};
}

base::Status ImageDataset::SetNormalisation(const run::DatasetOptions& options) {
  for (const auto* given : {&options.mean, &options.deviation}) {
    if (!given->empty() && given->size() != info_.channels) {
      return base::Invalid(given == &options.mean ? "mean" : "deviation", given->size(),
                           fmt::format("{} numbers", info_.channels), "there is not one number a channel");
    }
  }
  MeasureNormalisation();
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
      pixel_values_.push_back(static_cast<float>((pixel / 255.0 - info_.mean[c]) / info_.deviation[c]));
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
      const uint8_t* pixel = train_.pixels.data() + (size_t{image} * info_.channels + c) * plane;
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
  for (const Half* half : {&train_, &test_}) {
    stream.Update(BytesOf(half->pixels));
    stream.Update(BytesOf(half->values));
    stream.Update(BytesOf(half->labels));
  }
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

void ImageDataset::FillBatch(const PartImages& part, size_t first, size_t count, const Augmentation* augmentation,
                             float* images, int64_t* targets) const {
  const Half& half = part.test ? test_ : train_;
  const size_t size = size_t{info_.channels} * info_.height * info_.width;
  ParallelFor(static_cast<int64_t>(count), static_cast<int64_t>(size), [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      const uint32_t image = part.images[first + i];
      FillImage(half, image, augmentation, images + i * size);
      targets[i] = half.labels[image];
    }
  });
}

void ImageDataset::FillImage(const Half& half, uint32_t image, const Augmentation* augmentation, float* out) const {
  const auto height = static_cast<int>(info_.height);
  const auto width = static_cast<int>(info_.width);
  const auto channels = static_cast<int>(info_.channels);
  const bool bytes = half.values.empty();
  const size_t plane = size_t{info_.height} * info_.width;
  const Variation variation =
      augmentation != nullptr ? Draw(*augmentation, image, info_.height, info_.width) : Variation();
  for (int c = 0; c < channels; ++c) {
    const size_t offset = (size_t{image} * info_.channels + static_cast<size_t>(c)) * plane;
    const float* table = bytes ? pixel_values_.data() + static_cast<size_t>(c) * 256 : nullptr;
    // What a crop brings in from outside: a black pixel.
    const float outside = bytes ? table[0] : 0.0F;
    for (int h = 0; h < height; ++h) {
      const int row = h + variation.down;
      for (int w = 0; w < width; ++w) {
        const int column = (variation.mirrored ? width - 1 - w : w) + variation.right;
        float value = outside;
        if (row >= 0 && row < height && column >= 0 && column < width) {
          const size_t at = offset + static_cast<size_t>(row) * info_.width + static_cast<size_t>(column);
          value = bytes ? table[half.pixels[at]] : half.values[at];
        }
        out[(h * width + w) * channels + c] = value;
      }
    }
  }
  if (augmentation == nullptr || augmentation->cutout == 0) return;
  // DeVries and Taylor 2017: a square around a random pixel, cut at the border, set to the mean.
  const auto half_side = static_cast<int>(augmentation->cutout / 2);
  const auto side = static_cast<int>(augmentation->cutout);
  for (int h = variation.hole_row - half_side; h < variation.hole_row - half_side + side; ++h) {
    for (int w = variation.hole_column - half_side; w < variation.hole_column - half_side + side; ++w) {
      if (h >= 0 && h < height && w >= 0 && w < width)
        std::fill_n(out + static_cast<ptrdiff_t>(h * width + w) * channels, channels, 0.0F);
    }
  }
}

}  // namespace nasshrink::nn
