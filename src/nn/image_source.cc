#include "nn/image_source.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "nn/cifar_files.h"
#include "nn/idx_files.h"
#include "nn/image_folder.h"
#include "nn/labelled_images.h"
#include "nn/synthetic.h"

namespace nasshrink::nn {
namespace {

constexpr char kFashionMnistFolder[] = "/usr/share/datasets/fashion-mnist";
constexpr char kSources[] =
    "fashion-mnist[:DIR], cifar10-bin:DIR|TRAIN[,TEST], cifar10-jpeg:DIR|TAR, idx:IMAGES,LABELS, images:DIR[:SIDE] or "
    "synthetic:CLASSES[:CxHxW[:IMAGES]]";
constexpr int64_t kMaxClasses = 65536;
// Of pictures in folders, where nothing else is asked for.
constexpr uint32_t kSide = 224;
constexpr uint32_t kMaxSide = 2048;

// Bytes that images may take where the context sets no limit.
uint64_t MaxBytes(const run::BackendOptions& backend) {
  return backend.memory_limit == 0 ? ReadRequest().max_bytes : backend.memory_limit;
}

// "DIR", "DIR:SIDE" or "DIR:HEIGHTxWIDTH".
struct FolderPlace {
  std::string folder;
  uint32_t height = kSide;
  uint32_t width = kSide;
};

base::Result<FolderPlace> ParseFolderPlace(const std::string& place) {
  const size_t colon = place.rfind(':');
  if (colon == std::string::npos) return FolderPlace{place};
  FolderPlace out{place.substr(0, colon)};
  const char* end = place.data() + place.size();
  auto parsed = std::from_chars(place.data() + colon + 1, end, out.height);
  out.width = out.height;
  if (parsed.ec == std::errc() && parsed.ptr != end && *parsed.ptr == 'x') {
    parsed = std::from_chars(parsed.ptr + 1, end, out.width);
  }
  // Anything else than a size belongs to the folder's name.
  if (parsed.ec == std::errc::invalid_argument || parsed.ptr != end) return FolderPlace{place};
  if (parsed.ec == std::errc::result_out_of_range) out.width = 0;
  for (const uint32_t side : {out.height, out.width}) {
    if (side < 1 || side > kMaxSide) {
      return base::Invalid("source", "images:" + place, fmt::format("images:DIR[:SIDE] with a side of 1..{}", kMaxSide),
                           "the size of the pictures does not fit");
    }
  }
  return out;
}

template <typename T>
void Keep(uint64_t limit, std::vector<T>* values) {
  if (limit != 0 && values->size() > limit) values->resize(limit);
}

// Adds the first `limit` files (0: all).
void Add(uint64_t limit, PictureFiles files, ImageHalf* half) {
  Keep(limit, &files.paths);
  Keep(limit, &files.sizes);
  Keep(limit, &files.labels);
  std::move(files.paths.begin(), files.paths.end(), std::back_inserter(half->paths));
  half->file_sizes.insert(half->file_sizes.end(), files.sizes.begin(), files.sizes.end());
  half->labels.insert(half->labels.end(), files.labels.begin(), files.labels.end());
}

base::Result<ImageSource> ReadFolder(const std::string& place, const run::DatasetOptions& options) {
  NASSHRINK_ASSIGN_OR_RETURN(const FolderPlace where, ParseFolderPlace(place));
  NASSHRINK_ASSIGN_OR_RETURN(ImageFolder folder, ListImageFolder(where.folder));
  if (folder.classes.empty() && options.random_labels == 0) {
    return base::Error(base::Code::kFailedPrecondition,
                       "'{}' has no folders that name classes; without labels, training needs random ones "
                       "(random_labels)",
                       where.folder);
  }
  ImageSource source;
  source.channels = 3;
  source.height = where.height;
  source.width = where.width;
  source.classes = static_cast<uint32_t>(folder.classes.size());
  source.folder = where.folder;
  source.validation_count = folder.validation.paths.size();
  Add(options.limit_train, std::move(folder.train), &source.train);
  Add(0, std::move(folder.validation), &source.train);
  Add(options.limit_test, std::move(folder.test), &source.test);
  source.train_count = source.train.paths.size();
  source.test_count = source.test.paths.size();
  return source;
}

base::Result<TrainAndTest> ReadPixels(const std::string& kind, const std::string& place,
                                      const run::DatasetOptions& options, const ReadRequest& request) {
  if (kind == "fashion-mnist") return ReadFashionMnist(place.empty() ? kFashionMnistFolder : place, request);
  if (kind == "cifar10-bin" && !place.empty()) return ReadCifarBinary(place, request);
  if (kind == "cifar10-jpeg" && !place.empty()) return ReadCifarJpeg(place, request);
  if (kind == "idx" && !place.empty()) return ReadIdxList(place, request);
  if (kind == "synthetic") return MakeSynthetic(place, options.seed, request);
  return base::Invalid("source", options.source, kSources, "names no source of images");
}

}  // namespace

base::Result<ImageSource> ReadImageSource(const run::DatasetOptions& options, const run::BackendOptions& backend) {
  const size_t colon = options.source.find(':');
  const std::string kind = options.source.substr(0, colon);
  const std::string place = colon == std::string::npos ? "" : options.source.substr(colon + 1);
  if (kind == "images" && !place.empty()) return ReadFolder(place, options);
  const ReadRequest request{options.limit_train, options.limit_test, MaxBytes(backend), options.random_labels == 0,
                            backend.workers};
  NASSHRINK_ASSIGN_OR_RETURN(TrainAndTest both, ReadPixels(kind, place, options, request));
  ImageSource source;
  source.channels = both.train.channels;
  source.height = both.train.height;
  source.width = both.train.width;
  source.classes = both.classes;
  source.train_count = both.train.count();
  source.test_count = both.test.count();
  source.train.pixels = std::move(both.train.pixels);
  source.train.labels = std::move(both.train.labels);
  source.test.pixels = std::move(both.test.pixels);
  source.test.labels = std::move(both.test.labels);
  return source;
}

base::Result<ImageSource> CopyTensors(const run::TensorView& inputs, const run::TensorView& targets,
                                      const run::DatasetOptions& options, const run::BackendOptions& backend) {
  ImageSource source;
  source.channels = static_cast<uint32_t>(inputs.shape[1]);
  source.height = static_cast<uint32_t>(inputs.shape[2]);
  source.width = static_cast<uint32_t>(inputs.shape[3]);
  auto count = static_cast<size_t>(inputs.shape[0]);
  if (options.limit_train != 0) count = std::min<size_t>(count, options.limit_train);
  source.train_count = count;
  const size_t size = size_t{source.channels} * source.height * source.width;
  if (count > MaxBytes(backend) / sizeof(float) / size) {
    return base::Error(base::Code::kResourceExhausted, "{} images of {} numbers take more than the {} bytes allowed",
                       count, size, MaxBytes(backend));
  }
  const auto* values = static_cast<const float*>(inputs.data);
  source.train.values.assign(values, values + count * size);
  if (options.random_labels != 0) return source;
  const auto* labels = static_cast<const int64_t*>(targets.data);
  for (size_t i = 0; i < count; ++i) {
    if (labels[i] < 0 || labels[i] >= kMaxClasses) {
      return base::Invalid(fmt::format("targets[{}]", i), labels[i], fmt::format("0..{}", kMaxClasses - 1),
                           "the label is out of range");
    }
    source.classes = std::max(source.classes, static_cast<uint32_t>(labels[i]) + 1);
  }
  source.train.labels.assign(labels, labels + count);
  return source;
}

}  // namespace nasshrink::nn
