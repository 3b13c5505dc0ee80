#include "nn/image_files.h"

#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string_view>

#include "base/file.h"

namespace nasshrink::nn {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{1} << 34;
constexpr uint32_t kCifarSide = 32;
constexpr uint32_t kCifarRecord = 1 + 3 * kCifarSide * kCifarSide;
constexpr uint32_t kCifarClasses = 10;
constexpr uint32_t kFashionClasses = 10;

// A file read from start to end; zlib passes plain files through.
class Reader {
 public:
  static base::Result<Reader> Open(const std::string& path);

  const std::string& path() const { return path_; }
  // Reads up to `count` bytes; fewer at the end of the file.
  base::Result<size_t> Read(uint8_t* out, size_t count);
  // Exactly `count` bytes, else DATA_LOSS.
  base::Status ReadAll(uint8_t* out, size_t count, std::string_view what);
  // Nothing may follow; a packed file's checksum is verified here.
  base::Status CheckEnd(std::string_view what);

 private:
  explicit Reader(std::string path) : path_(std::move(path)) {}
  std::string path_;
  std::shared_ptr<gzFile_s> file_;
};

base::Result<Reader> Reader::Open(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) return base::FileError(errno, "cannot open", path);
  if (!S_ISREG(info.st_mode)) return base::Error(base::Code::kInvalidArgument, "'{}' is no regular file", path);
  Reader reader(path);
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return base::FileError(errno == 0 ? ENOMEM : errno, "cannot open", path);
  reader.file_ = std::shared_ptr<gzFile_s>(file, [](gzFile closing) { gzclose(closing); });
  gzbuffer(file, 1U << 18U);
  return reader;
}

base::Result<size_t> Reader::Read(uint8_t* out, size_t count) {
  size_t done = 0;
  while (done < count) {
    const auto part = static_cast<unsigned>(std::min<size_t>(count - done, size_t{1} << 30));
    const int read = gzread(file_.get(), out + done, part);
    if (read < 0) {
      int code = 0;
      return base::Error(base::Code::kDataLoss, "'{}' cannot be unpacked: {}", path_, gzerror(file_.get(), &code));
    }
    if (read == 0) break;
    done += static_cast<size_t>(read);
  }
  return done;
}

base::Status Reader::ReadAll(uint8_t* out, size_t count, std::string_view what) {
  NASSHRINK_ASSIGN_OR_RETURN(const size_t done, Read(out, count));
  if (done == count) return {};
  return base::Error(base::Code::kDataLoss, "'{}' ends after {} of {} bytes of {}", path_, done, count, what);
}

base::Status Reader::CheckEnd(std::string_view what) {
  uint8_t byte = 0;
  NASSHRINK_ASSIGN_OR_RETURN(const size_t done, Read(&byte, 1));
  if (done == 0) return {};
  return base::Error(base::Code::kDataLoss, "'{}' goes on after the {} that its header announces", path_, what);
}

uint32_t BigEndian(const uint8_t* bytes) {
  return (uint32_t{bytes[0]} << 24U) | (uint32_t{bytes[1]} << 16U) | (uint32_t{bytes[2]} << 8U) | uint32_t{bytes[3]};
}

// The sizes in an IDX header; the last of the magic number's bytes counts them.
base::Result<std::vector<uint32_t>> ReadIdxHeader(Reader& reader, uint8_t min_dimensions, uint8_t max_dimensions) {
  uint8_t magic[4];
  NASSHRINK_RETURN_IF_ERROR(reader.ReadAll(magic, sizeof magic, "the IDX header"));
  if (magic[0] != 0 || magic[1] != 0 || magic[2] != 8 || magic[3] < min_dimensions || magic[3] > max_dimensions) {
    return base::Error(base::Code::kDataLoss, "'{}' is no IDX file of bytes with {} dimensions (magic number {:#010x})",
                       reader.path(), min_dimensions, BigEndian(magic));
  }
  std::vector<uint32_t> sizes;
  for (uint8_t i = 0; i < magic[3]; ++i) {
    uint8_t size[4];
    NASSHRINK_RETURN_IF_ERROR(reader.ReadAll(size, sizeof size, "the IDX header"));
    sizes.push_back(BigEndian(size));
  }
  return sizes;
}

base::Status CheckLabel(const std::string& path, uint64_t index, int64_t label, uint32_t classes) {
  if (classes == 0 || label < static_cast<int64_t>(classes)) return {};
  return base::Error(base::Code::kOutOfRange, "'{}': label {} of image {} is out of range (allowed: 0..{})", path,
                     label, index, classes - 1);
}

std::optional<std::string> PlainOrPacked(const std::string& path) {
  struct stat info = {};
  for (const char* suffix : {"", ".gz"}) {
    const std::string candidate = path + suffix;
    if (stat(candidate.c_str(), &info) == 0) return candidate;
  }
  return std::nullopt;
}

base::Result<std::string> FileIn(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name;
  if (auto found = PlainOrPacked(path)) return *found;
  return base::Error(base::Code::kNotFound, "neither '{}' nor '{}.gz' exists", path, path);
}

base::Status ReadCifarFile(const std::string& path, uint64_t limit, LabelledImages* images) {
  NASSHRINK_ASSIGN_OR_RETURN(Reader reader, Reader::Open(path));
  std::vector<uint8_t> record(kCifarRecord);
  for (uint64_t index = 0; limit == 0 || images->count() < limit; ++index) {
    NASSHRINK_ASSIGN_OR_RETURN(const size_t done, reader.Read(record.data(), record.size()));
    if (done == 0) {
      if (index == 0) return base::Error(base::Code::kDataLoss, "'{}' is empty", path);
      return {};
    }
    if (done < record.size()) {
      return base::Error(base::Code::kDataLoss, "'{}' ends inside image {} ({} of {} bytes)", path, index, done,
                         record.size());
    }
    NASSHRINK_RETURN_IF_ERROR(CheckLabel(path, index, record[0], kCifarClasses));
    images->labels.push_back(record[0]);
    images->pixels.insert(images->pixels.end(), record.begin() + 1, record.end());
  }
  return {};
}

base::Status CheckSameSize(const LabelledImages& train, const LabelledImages& test, const std::string& path) {
  if (train.channels == test.channels && train.height == test.height && train.width == test.width) return {};
  return base::Error(base::Code::kInvalidArgument, "'{}' has images of {}x{}x{}, the training images are {}x{}x{}",
                     path, test.channels, test.height, test.width, train.channels, train.height, train.width);
}

}  // namespace

base::Result<LabelledImages> ReadIdx(const std::string& images_path, const std::string& labels_path, uint64_t limit,
                                     uint32_t classes) {
  NASSHRINK_ASSIGN_OR_RETURN(Reader reader, Reader::Open(images_path));
  NASSHRINK_ASSIGN_OR_RETURN(const std::vector<uint32_t> sizes, ReadIdxHeader(reader, 3, 4));
  NASSHRINK_ASSIGN_OR_RETURN(Reader label_reader, Reader::Open(labels_path));
  NASSHRINK_ASSIGN_OR_RETURN(const std::vector<uint32_t> label_sizes, ReadIdxHeader(label_reader, 1, 1));
  LabelledImages images;
  images.channels = sizes.size() == 4 ? sizes[1] : 1;
  images.height = sizes[sizes.size() - 2];
  images.width = sizes[sizes.size() - 1];
  for (const uint32_t side : {images.channels, images.height, images.width}) {
    if (side == 0 || side > 4096) {
      return base::Error(base::Code::kDataLoss, "'{}' has images with a side of {} (allowed: 1..4096)", images_path,
                         side);
    }
  }
  if (label_sizes[0] != sizes[0]) {
    return base::Error(base::Code::kInvalidArgument, "'{}' holds {} images but '{}' holds {} labels", images_path,
                       sizes[0], labels_path, label_sizes[0]);
  }
  const uint64_t count = limit == 0 ? sizes[0] : std::min<uint64_t>(limit, sizes[0]);
  if (count == 0) return base::Error(base::Code::kDataLoss, "'{}' holds no images", images_path);
  if (count > kMaxBytes / images.image_size()) {
    return base::Error(base::Code::kResourceExhausted, "'{}' says it holds {} images of {} bytes, more than fit",
                       images_path, count, images.image_size());
  }
  // Grown as bytes come, so that a short file with a huge header costs no memory.
  const uint64_t block = std::max<uint64_t>(1, (uint64_t{1} << 24U) / images.image_size());
  for (uint64_t done = 0; done < count;) {
    const uint64_t now = std::min(block, count - done);
    images.pixels.resize((done + now) * images.image_size());
    NASSHRINK_RETURN_IF_ERROR(reader.ReadAll(images.pixels.data() + done * images.image_size(),
                                             now * images.image_size(),
                                             fmt::format("images {}..{}", done, done + now - 1)));
    done += now;
  }
  std::vector<uint8_t> labels(count);
  NASSHRINK_RETURN_IF_ERROR(label_reader.ReadAll(labels.data(), labels.size(), "labels"));
  for (uint64_t i = 0; i < count; ++i) NASSHRINK_RETURN_IF_ERROR(CheckLabel(labels_path, i, labels[i], classes));
  images.labels.assign(labels.begin(), labels.end());
  if (count == sizes[0]) {
    NASSHRINK_RETURN_IF_ERROR(reader.CheckEnd("images"));
    NASSHRINK_RETURN_IF_ERROR(label_reader.CheckEnd("labels"));
  }
  return images;
}

base::Result<TrainAndTest> ReadFashionMnist(const std::string& folder, uint64_t limit_train, uint64_t limit_test) {
  TrainAndTest both;
  both.classes = kFashionClasses;
  for (const bool test : {false, true}) {
    const std::string stem = test ? "t10k" : "train";
    NASSHRINK_ASSIGN_OR_RETURN(const std::string images, FileIn(folder, stem + "-images-idx3-ubyte"));
    NASSHRINK_ASSIGN_OR_RETURN(const std::string labels, FileIn(folder, stem + "-labels-idx1-ubyte"));
    NASSHRINK_ASSIGN_OR_RETURN((test ? both.test : both.train),
                               ReadIdx(images, labels, test ? limit_test : limit_train, both.classes));
  }
  NASSHRINK_RETURN_IF_ERROR(CheckSameSize(both.train, both.test, folder + "/t10k-images-idx3-ubyte"));
  return both;
}

base::Result<TrainAndTest> ReadCifar10(const std::string& folder, uint64_t limit_train, uint64_t limit_test) {
  TrainAndTest both;
  both.classes = kCifarClasses;
  for (LabelledImages* images : {&both.train, &both.test}) {
    images->channels = 3;
    images->height = kCifarSide;
    images->width = kCifarSide;
  }
  for (int batch = 1; batch <= 5; ++batch) {
    NASSHRINK_ASSIGN_OR_RETURN(const std::string path, FileIn(folder, fmt::format("data_batch_{}.bin", batch)));
    if (limit_train != 0 && both.train.count() >= limit_train) break;
    NASSHRINK_RETURN_IF_ERROR(ReadCifarFile(path, limit_train, &both.train));
  }
  NASSHRINK_ASSIGN_OR_RETURN(const std::string path, FileIn(folder, "test_batch.bin"));
  NASSHRINK_RETURN_IF_ERROR(ReadCifarFile(path, limit_test, &both.test));
  return both;
}

base::Result<TrainAndTest> ReadIdxList(const std::string& list, uint64_t limit_train, uint64_t limit_test) {
  std::vector<std::string> paths;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    paths.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  if ((paths.size() != 2 && paths.size() != 4) ||
      std::any_of(paths.begin(), paths.end(), [](const std::string& path) { return path.empty(); })) {
    return base::Invalid("source", "idx:" + list, "idx:IMAGES,LABELS or idx:IMAGES,LABELS,TEST_IMAGES,TEST_LABELS",
                         "the list of files does not fit");
  }
  TrainAndTest both;
  NASSHRINK_ASSIGN_OR_RETURN(both.train, ReadIdx(paths[0], paths[1], limit_train, 0));
  both.test.channels = both.train.channels;
  both.test.height = both.train.height;
  both.test.width = both.train.width;
  if (paths.size() == 4) {
    NASSHRINK_ASSIGN_OR_RETURN(both.test, ReadIdx(paths[2], paths[3], limit_test, 0));
    NASSHRINK_RETURN_IF_ERROR(CheckSameSize(both.train, both.test, paths[2]));
  }
  int64_t largest = 0;
  for (const LabelledImages* images : {&both.train, &both.test}) {
    for (const int64_t label : images->labels) largest = std::max(largest, label);
  }
  both.classes = static_cast<uint32_t>(largest) + 1;
  return both;
}

}  // namespace nasshrink::nn
