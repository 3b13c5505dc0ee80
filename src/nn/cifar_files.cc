#include "nn/cifar_files.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/worker_pool.h"
#include "nn/packed_file.h"
#include "nn/picture_decoder.h"
#include "nn/tar_file.h"

namespace nasshrink::nn {
namespace {

constexpr uint32_t kSide = 32;
constexpr uint32_t kImage = 3 * kSide * kSide;
constexpr uint32_t kRecord = 1 + kImage;
constexpr uint32_t kClasses = 10;
// A 32x32 JPEG has about 1 KB.
constexpr uint64_t kMaxJpegBytes = uint64_t{1} << 20U;

TrainAndTest EmptyCifar() {
  TrainAndTest both;
  both.classes = kClasses;
  for (LabelledImages* images : {&both.train, &both.test}) {
    images->channels = 3;
    images->height = kSide;
    images->width = kSide;
  }
  return both;
}

base::Status TooMany(const std::string& path, uint64_t max_bytes) {
  return base::Error(base::Code::kResourceExhausted, "'{}' holds more pixels than the {} bytes allowed", path,
                     max_bytes);
}

// Adds the records of a file until there are `limit` images (0: all).
base::Status ReadRecords(const std::string& path, uint64_t limit, const ReadRequest& request, LabelledImages* images) {
  NASSHRINK_ASSIGN_OR_RETURN(PackedFile file, PackedFile::Open(path));
  std::vector<uint8_t> record(kRecord);
  for (uint64_t index = 0; limit == 0 || images->count() < limit; ++index) {
    NASSHRINK_ASSIGN_OR_RETURN(const size_t done, file.Read(record.data(), record.size()));
    if (done == 0) {
      if (index == 0) return base::Error(base::Code::kDataLoss, "'{}' is empty", path);
      return {};
    }
    if (done < record.size()) {
      return base::Error(base::Code::kDataLoss, "'{}' ends inside image {} ({} of {} bytes)", path, index, done,
                         record.size());
    }
    if (images->pixels.size() + kImage > request.max_bytes) return TooMany(path, request.max_bytes);
    if (request.labels) {
      if (record[0] >= kClasses) {
        return base::Error(base::Code::kOutOfRange, "'{}': label {} of image {} is out of range (allowed: 0..{})", path,
                           record[0], index, kClasses - 1);
      }
      images->labels.push_back(record[0]);
    }
    images->pixels.insert(images->pixels.end(), record.begin() + 1, record.end());
  }
  return {};
}

base::Result<TrainAndTest> ReadBinaryFolder(const std::string& folder, const ReadRequest& request) {
  TrainAndTest both = EmptyCifar();
  for (int batch = 1; batch <= 5; ++batch) {
    NASSHRINK_ASSIGN_OR_RETURN(const std::string path, PlainOrPacked(folder, fmt::format("data_batch_{}.bin", batch)));
    if (request.limit_train != 0 && both.train.count() >= request.limit_train) break;
    NASSHRINK_RETURN_IF_ERROR(ReadRecords(path, request.limit_train, request, &both.train));
  }
  NASSHRINK_ASSIGN_OR_RETURN(const std::string path, PlainOrPacked(folder, "test_batch.bin"));
  NASSHRINK_RETURN_IF_ERROR(ReadRecords(path, request.limit_test, request, &both.test));
  return both;
}

bool IsFolder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

// A JPEG file's bytes and what its name says.
struct Jpeg {
  std::string name;
  std::string bytes;
  int64_t label = 0;
};

// By number, for each half; tests second.
struct Jpegs {
  std::map<uint64_t, Jpeg> halves[2];
};

struct JpegName {
  bool test = false;
  uint64_t number = 0;
  int64_t label = 0;
};

// "train/00017_3.jpg", perhaps with folders before it; nothing for another name.
std::optional<JpegName> ParseName(std::string_view name) {
  JpegName out;
  const size_t file = name.rfind('/');
  if (file == std::string_view::npos) return std::nullopt;
  const std::string_view folder = name.substr(0, file);
  const std::string_view half = folder.substr(folder.rfind('/') + 1);
  if (half != "train" && half != "test") return std::nullopt;
  out.test = half == "test";
  const char* begin = name.data() + file + 1;
  const char* end = name.data() + name.size();
  const auto number = std::from_chars(begin, end, out.number);
  if (number.ec != std::errc() || number.ptr == end || *number.ptr != '_') return std::nullopt;
  const auto label = std::from_chars(number.ptr + 1, end, out.label);
  if (label.ec != std::errc() || std::string_view(label.ptr, static_cast<size_t>(end - label.ptr)) != ".jpg") {
    return std::nullopt;
  }
  return out;
}

// `path` names the file in messages, `name` what it holds.
base::Status AddJpeg(const std::string& path, const JpegName& name, std::string bytes, const ReadRequest& request,
                     Jpegs* jpegs) {
  if (request.labels && (name.label < 0 || name.label >= kClasses)) {
    return base::Error(base::Code::kOutOfRange, "'{}': label {} is out of range (allowed: 0..{})", path, name.label,
                       kClasses - 1);
  }
  const uint64_t limit = name.test ? request.limit_test : request.limit_train;
  if (limit != 0 && name.number >= limit) return {};
  auto& half = jpegs->halves[name.test ? 1 : 0];
  if ((half.size() + 1) * kImage > request.max_bytes) return TooMany(path, request.max_bytes);
  const auto [at, added] = half.emplace(name.number, Jpeg{path, std::move(bytes), name.label});
  if (!added) {
    return base::Error(base::Code::kDataLoss, "'{}' and '{}' have the same number", at->second.name, path);
  }
  return {};
}

base::Status ReadTar(const std::string& path, const ReadRequest& request, Jpegs* jpegs) {
  NASSHRINK_ASSIGN_OR_RETURN(TarFile tar, TarFile::Open(path));
  while (true) {
    NASSHRINK_ASSIGN_OR_RETURN(std::optional<TarFile::Entry> entry, tar.Next(kMaxJpegBytes));
    if (!entry) return {};
    const auto name = ParseName(entry->name);
    if (!name) continue;
    NASSHRINK_RETURN_IF_ERROR(AddJpeg(path + ":" + entry->name, *name, std::move(entry->bytes), request, jpegs));
  }
}

base::Status ReadFolder(const std::string& folder, const ReadRequest& request, Jpegs* jpegs) {
  for (const char* half : {"train", "test"}) {
    const std::string path = folder + "/" + half;
    std::error_code error;
    auto at = std::filesystem::directory_iterator(path, error);
    for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
      const std::string file = at->path().string();
      const auto name = ParseName(file);
      if (!name) continue;
      NASSHRINK_ASSIGN_OR_RETURN(std::string bytes, base::ReadFile(file, kMaxJpegBytes));
      NASSHRINK_RETURN_IF_ERROR(AddJpeg(file, *name, std::move(bytes), request, jpegs));
    }
    if (error) return base::FileError(error.value(), "cannot read the folder", path);
  }
  return {};
}

// Writes the picture of one file as channel, row, column.
base::Status DecodeInto(const Jpeg& jpeg, uint8_t* out) {
  NASSHRINK_ASSIGN_OR_RETURN(const Picture picture, DecodePicture(jpeg.bytes, jpeg.name));
  if (picture.height != kSide || picture.width != kSide) {
    return base::Error(base::Code::kDataLoss, "'{}' has {}x{} pixels (allowed: {}x{})", jpeg.name, picture.width,
                       picture.height, kSide, kSide);
  }
  for (size_t pixel = 0; pixel < size_t{kSide} * kSide; ++pixel) {
    for (size_t c = 0; c < 3; ++c) out[c * kSide * kSide + pixel] = picture.pixels[pixel * 3 + c];
  }
  return {};
}

base::Status Decode(const std::string& place, const std::map<uint64_t, Jpeg>& jpegs, const ReadRequest& request,
                    base::WorkerPool& workers, LabelledImages* images) {
  if (jpegs.empty()) {
    return base::Error(base::Code::kNotFound, "'{}' holds no pictures named train/IIIII_L.jpg and test/IIIII_L.jpg",
                       place);
  }
  if (jpegs.rbegin()->first + 1 != jpegs.size()) {
    return base::Error(base::Code::kDataLoss, "'{}' holds {} pictures, but they are numbered up to {}", place,
                       jpegs.size(), jpegs.rbegin()->first);
  }
  std::vector<const Jpeg*> order;
  for (const auto& [number, jpeg] : jpegs) {
    order.push_back(&jpeg);
    if (request.labels) images->labels.push_back(jpeg.label);
  }
  images->pixels.resize(order.size() * kImage);
  std::mutex mutex;
  std::pair<size_t, base::Status> first{order.size(), base::Status()};  // the first picture that failed
  workers.ParallelFor(order.size(), [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      base::Status status = DecodeInto(*order[i], images->pixels.data() + i * kImage);
      if (status.ok()) continue;
      const std::lock_guard<std::mutex> lock(mutex);
      if (i < first.first) first = {i, std::move(status)};
      return;
    }
  });
  return first.second;
}

}  // namespace

base::Result<TrainAndTest> ReadCifarBinary(const std::string& place, const ReadRequest& request) {
  if (IsFolder(place)) return ReadBinaryFolder(place, request);
  const size_t comma = place.find(',');
  TrainAndTest both = EmptyCifar();
  NASSHRINK_RETURN_IF_ERROR(ReadRecords(place.substr(0, comma), request.limit_train, request, &both.train));
  if (comma != std::string::npos) {
    NASSHRINK_RETURN_IF_ERROR(ReadRecords(place.substr(comma + 1), request.limit_test, request, &both.test));
  }
  return both;
}

base::Result<TrainAndTest> ReadCifarJpeg(const std::string& place, const ReadRequest& request) {
  Jpegs jpegs;
  NASSHRINK_RETURN_IF_ERROR(IsFolder(place) ? ReadFolder(place, request, &jpegs) : ReadTar(place, request, &jpegs));
  base::WorkerPool workers(request.workers);
  TrainAndTest both = EmptyCifar();
  NASSHRINK_RETURN_IF_ERROR(Decode(place, jpegs.halves[0], request, workers, &both.train));
  NASSHRINK_RETURN_IF_ERROR(Decode(place, jpegs.halves[1], request, workers, &both.test));
  return both;
}

}  // namespace nasshrink::nn
