#include "nn/image_folder.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/file.h"

namespace nasshrink::nn {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostClasses = 65536;
constexpr size_t kMostFiles = 100'000'000;

struct File {
  std::string path;
  uint64_t size = 0;
};

bool IsHidden(const fs::path& path) { return path.filename().string().front() == '.'; }

bool IsPicture(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

bool IsFolder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

base::Status CannotRead(const std::error_code& error, const std::string& folder) {
  return base::FileError(error.value(), "cannot read the folder", folder);
}

// Names of the folders in `folder`, and the pictures that lie in it directly, both in byte order.
struct Listing {
  std::vector<std::string> folders;
  std::vector<File> pictures;
};

base::Result<Listing> List(const std::string& folder) {
  Listing listing;
  std::error_code error;
  auto at = fs::directory_iterator(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    if (IsHidden(at->path())) continue;
    if (at->is_directory(ignored)) {
      listing.folders.push_back(at->path().filename().string());
    } else if (IsPicture(at->path())) {
      listing.pictures.push_back({at->path().string(), at->file_size(ignored)});
    }
  }
  if (error) return CannotRead(error, folder);
  std::sort(listing.folders.begin(), listing.folders.end());
  std::sort(listing.pictures.begin(), listing.pictures.end(),
            [](const File& a, const File& b) { return a.path < b.path; });
  return listing;
}

// All pictures below `folder` in byte order of their paths.
base::Result<std::vector<File>> PicturesBelow(const std::string& folder) {
  std::vector<File> files;
  std::error_code error;
  auto at = fs::recursive_directory_iterator(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    if (IsHidden(at->path()) || !IsPicture(at->path()) || at->is_directory(ignored)) continue;
    files.push_back({at->path().string(), at->file_size(ignored)});
  }
  if (error) return CannotRead(error, folder);
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.path < b.path; });
  return files;
}

void Add(const File& file, PictureFiles* out) {
  out->paths.push_back(file.path);
  out->sizes.push_back(file.size);
}

// One part: a folder with a folder for each of `classes`, or with pictures of no class.
base::Result<PictureFiles> ListPart(const std::string& folder, const Listing& listing,
                                    const std::vector<std::string>& classes) {
  PictureFiles out;
  if (classes.empty()) {
    if (listing.pictures.empty()) {
      return base::Error(base::Code::kNotFound, "the folder '{}' holds no JPEG or PNG files", folder);
    }
    for (const File& file : listing.pictures) Add(file, &out);
    return out;
  }
  if (!listing.pictures.empty()) {
    return base::Error(base::Code::kInvalidArgument, "'{}' lies beside the class folders, not in one of them",
                       listing.pictures[0].path);
  }
  std::vector<std::vector<File>> files(classes.size());
  size_t total = 0;
  size_t longest = 0;
  for (const std::string& name : listing.folders) {
    const auto found = std::lower_bound(classes.begin(), classes.end(), name);
    if (found == classes.end() || *found != name) {
      return base::Error(base::Code::kInvalidArgument, "'{}/{}' is a class that the training images do not have",
                         folder, name);
    }
    const std::string path = folder + "/" + name;
    NASSHRINK_ASSIGN_OR_RETURN(std::vector<File> below, PicturesBelow(path));
    if (below.empty()) return base::Error(base::Code::kNotFound, "'{}' holds no JPEG or PNG files", path);
    total += below.size();
    longest = std::max(longest, below.size());
    files[static_cast<size_t>(found - classes.begin())] = std::move(below);
  }
  if (total > kMostFiles) {
    return base::Error(base::Code::kResourceExhausted, "'{}' holds {} pictures (allowed: at most {})", folder, total,
                       kMostFiles);
  }
  for (size_t place = 0; place < longest; ++place) {
    for (size_t label = 0; label < files.size(); ++label) {
      if (place >= files[label].size()) continue;
      Add(files[label][place], &out);
      out.labels.push_back(static_cast<int64_t>(label));
    }
  }
  return out;
}

}  // namespace

base::Result<ImageFolder> ListImageFolder(const std::string& folder) {
  const bool in_parts = IsFolder(folder + "/train");
  const std::string train = in_parts ? folder + "/train" : folder;
  NASSHRINK_ASSIGN_OR_RETURN(Listing listing, List(train));
  ImageFolder out;
  out.classes = listing.folders;
  if (out.classes.size() > kMostClasses) {
    return base::Error(base::Code::kResourceExhausted, "'{}' holds {} class folders (allowed: at most {})", train,
                       out.classes.size(), kMostClasses);
  }
  NASSHRINK_ASSIGN_OR_RETURN(out.train, ListPart(train, listing, out.classes));
  if (!in_parts) return out;
  const bool has_test = IsFolder(folder + "/test");
  for (const char* part : {"val", "test"}) {
    const std::string path = folder + "/" + part;
    if (!IsFolder(path)) continue;
    NASSHRINK_ASSIGN_OR_RETURN(listing, List(path));
    const bool validates = part == std::string_view("val") && has_test;
    NASSHRINK_ASSIGN_OR_RETURN((validates ? out.validation : out.test), ListPart(path, listing, out.classes));
  }
  return out;
}

}  // namespace nasshrink::nn
