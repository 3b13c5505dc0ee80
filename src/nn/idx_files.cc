#include "nn/idx_files.h"

#include <algorithm>
#include <vector>

#include "nn/packed_file.h"

namespace nasshrink::nn {
namespace {

constexpr uint32_t kFashionClasses = 10;
constexpr uint32_t kMaxSide = 4096;

uint32_t BigEndian(const uint8_t* bytes) {
  return (uint32_t{bytes[0]} << 24U) | (uint32_t{bytes[1]} << 16U) | (uint32_t{bytes[2]} << 8U) | uint32_t{bytes[3]};
}

// The sizes in an IDX header; the last of the magic number's bytes counts them.
base::Result<std::vector<uint32_t>> ReadHeader(PackedFile& file, uint8_t min_dimensions, uint8_t max_dimensions) {
  uint8_t magic[4];
  NASSHRINK_RETURN_IF_ERROR(file.ReadAll(magic, sizeof magic, "the IDX header"));
  if (magic[0] != 0 || magic[1] != 0 || magic[2] != 8 || magic[3] < min_dimensions || magic[3] > max_dimensions) {
    return base::Error(base::Code::kDataLoss, "'{}' is no IDX file of bytes with {} dimensions (magic number {:#010x})",
                       file.path(), min_dimensions, BigEndian(magic));
  }
  std::vector<uint32_t> sizes;
  for (uint8_t i = 0; i < magic[3]; ++i) {
    uint8_t size[4];
    NASSHRINK_RETURN_IF_ERROR(file.ReadAll(size, sizeof size, "the IDX header"));
    sizes.push_back(BigEndian(size));
  }
  return sizes;
}

// How many images to read of a file that says it holds `announced`.
struct Amount {
  uint64_t announced = 0;
  uint64_t count = 0;
};

base::Result<Amount> SetSizes(const std::string& path, const std::vector<uint32_t>& sizes, uint64_t limit,
                              uint64_t max_bytes, LabelledImages* images) {
  images->channels = sizes.size() == 4 ? sizes[1] : 1;
  images->height = sizes[sizes.size() - 2];
  images->width = sizes[sizes.size() - 1];
  for (const uint32_t side : {images->channels, images->height, images->width}) {
    if (side == 0 || side > kMaxSide) {
      return base::Error(base::Code::kDataLoss, "'{}' has images with a side of {} (allowed: 1..{})", path, side,
                         kMaxSide);
    }
  }
  const Amount amount{sizes[0], limit == 0 ? sizes[0] : std::min<uint64_t>(limit, sizes[0])};
  if (amount.count == 0) return base::Error(base::Code::kDataLoss, "'{}' holds no images", path);
  if (amount.count > max_bytes / images->image_size()) {
    return base::Error(base::Code::kResourceExhausted, "'{}': {} images of {} bytes are more than the {} bytes allowed",
                       path, amount.count, images->image_size(), max_bytes);
  }
  return amount;
}

base::Status ReadLabels(const std::string& path, const std::string& images_path, const Amount& amount, uint32_t classes,
                        std::vector<int64_t>* out) {
  NASSHRINK_ASSIGN_OR_RETURN(PackedFile file, PackedFile::Open(path));
  NASSHRINK_ASSIGN_OR_RETURN(const std::vector<uint32_t> sizes, ReadHeader(file, 1, 1));
  if (sizes[0] != amount.announced) {
    return base::Error(base::Code::kInvalidArgument, "'{}' holds {} images but '{}' holds {} labels", images_path,
                       amount.announced, path, sizes[0]);
  }
  std::vector<uint8_t> labels(amount.count);
  NASSHRINK_RETURN_IF_ERROR(file.ReadAll(labels.data(), labels.size(), "labels"));
  for (uint64_t i = 0; i < labels.size(); ++i) {
    if (classes != 0 && labels[i] >= classes) {
      return base::Error(base::Code::kOutOfRange, "'{}': label {} of image {} is out of range (allowed: 0..{})", path,
                         labels[i], i, classes - 1);
    }
  }
  out->assign(labels.begin(), labels.end());
  return amount.count == amount.announced ? file.CheckEnd("labels") : base::Status();
}

// The first `limit` images (0: all). Labels must be below `classes`; 0 classes: any. No `labels_path`: no labels.
base::Result<LabelledImages> ReadIdx(const std::string& images_path, const std::string& labels_path, uint64_t limit,
                                     uint32_t classes, uint64_t max_bytes) {
  NASSHRINK_ASSIGN_OR_RETURN(PackedFile file, PackedFile::Open(images_path));
  NASSHRINK_ASSIGN_OR_RETURN(const std::vector<uint32_t> sizes, ReadHeader(file, 3, 4));
  LabelledImages images;
  NASSHRINK_ASSIGN_OR_RETURN(const Amount amount, SetSizes(images_path, sizes, limit, max_bytes, &images));
  // Labels first: they are checked in an instant.
  if (!labels_path.empty()) {
    NASSHRINK_RETURN_IF_ERROR(ReadLabels(labels_path, images_path, amount, classes, &images.labels));
  }
  // Grown as bytes come, so that a short file with a huge header costs no memory.
  const uint64_t block = std::max<uint64_t>(1, (uint64_t{1} << 24U) / images.image_size());
  for (uint64_t done = 0; done < amount.count;) {
    const uint64_t now = std::min(block, amount.count - done);
    images.pixels.resize((done + now) * images.image_size());
    NASSHRINK_RETURN_IF_ERROR(file.ReadAll(images.pixels.data() + done * images.image_size(), now * images.image_size(),
                                           fmt::format("images {}..{}", done, done + now - 1)));
    done += now;
  }
  if (amount.count == amount.announced) NASSHRINK_RETURN_IF_ERROR(file.CheckEnd("images"));
  return images;
}

base::Status CheckSameSize(const LabelledImages& train, const LabelledImages& test, const std::string& path) {
  if (train.channels == test.channels && train.height == test.height && train.width == test.width) return {};
  return base::Error(base::Code::kInvalidArgument, "'{}' has images of {}x{}x{}, the training images are {}x{}x{}",
                     path, test.channels, test.height, test.width, train.channels, train.height, train.width);
}

// One more than the largest label; 0 without labels.
uint32_t CountClasses(const TrainAndTest& both) {
  int64_t largest = -1;
  for (const LabelledImages* images : {&both.train, &both.test}) {
    for (const int64_t label : images->labels) largest = std::max(largest, label);
  }
  return static_cast<uint32_t>(largest + 1);
}

}  // namespace

base::Result<TrainAndTest> ReadFashionMnist(const std::string& folder, const ReadRequest& request) {
  TrainAndTest both;
  both.classes = kFashionClasses;
  for (const bool test : {false, true}) {
    const std::string stem = test ? "t10k" : "train";
    NASSHRINK_ASSIGN_OR_RETURN(const std::string images, PlainOrPacked(folder, stem + "-images-idx3-ubyte"));
    std::string labels;
    if (request.labels) {
      NASSHRINK_ASSIGN_OR_RETURN(labels, PlainOrPacked(folder, stem + "-labels-idx1-ubyte"));
    }
    NASSHRINK_ASSIGN_OR_RETURN(
        (test ? both.test : both.train),
        ReadIdx(images, labels, test ? request.limit_test : request.limit_train, both.classes, request.max_bytes));
  }
  NASSHRINK_RETURN_IF_ERROR(CheckSameSize(both.train, both.test, folder + "/t10k-images-idx3-ubyte"));
  return both;
}

base::Result<TrainAndTest> ReadIdxList(const std::string& list, const ReadRequest& request) {
  std::vector<std::string> paths;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    paths.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  bool fits = paths.size() == 2 || paths.size() == 4 || (paths.size() == 1 && !request.labels);
  for (size_t i = 0; i < paths.size(); ++i) fits = fits && (!paths[i].empty() || (i % 2 == 1 && !request.labels));
  if (!fits) {
    return base::Invalid("source", "idx:" + list, "idx:IMAGES,LABELS or idx:IMAGES,LABELS,TEST_IMAGES,TEST_LABELS",
                         "the list of files does not fit");
  }
  const auto labels = [&](size_t at) { return request.labels ? paths[at] : std::string(); };
  TrainAndTest both;
  NASSHRINK_ASSIGN_OR_RETURN(both.train, ReadIdx(paths[0], labels(1), request.limit_train, 0, request.max_bytes));
  both.test.channels = both.train.channels;
  both.test.height = both.train.height;
  both.test.width = both.train.width;
  if (paths.size() == 4) {
    NASSHRINK_ASSIGN_OR_RETURN(both.test, ReadIdx(paths[2], labels(3), request.limit_test, 0, request.max_bytes));
    NASSHRINK_RETURN_IF_ERROR(CheckSameSize(both.train, both.test, paths[2]));
  }
  both.classes = CountClasses(both);
  return both;
}

}  // namespace nasshrink::nn
