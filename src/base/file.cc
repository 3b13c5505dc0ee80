#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace nasshrink::base {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  int Close() {
    const int result = fd_ >= 0 ? ::close(fd_) : 0;
    fd_ = -1;
    return result;
  }

 private:
  int fd_;
};

Code CodeOf(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Code::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Code::kResourceExhausted;
    case EIO:
      return Code::kDataLoss;
    case EEXIST:
      return Code::kAlreadyExists;
    case EISDIR:
    case EINVAL:
    case ELOOP:
    case ENAMETOOLONG:
      return Code::kInvalidArgument;
    default:
      return Code::kUnknown;
  }
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// The temporary file until it is renamed.
class Temporary {
 public:
  explicit Temporary(const std::string& path) : path_(path) {}
  ~Temporary() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  const std::string& path() const { return path_; }
  void Keep() { path_.clear(); }

 private:
  std::string path_;
};

int OpenTemporary(const std::string& path, std::string* name) {
  static std::atomic<uint32_t> counter{0};
  for (int attempt = 0; attempt < 100; ++attempt) {
    *name = fmt::format("{}.tmp-{}-{}", path, ::getpid(), counter++);
    const int fd = ::open(name->c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

Status WriteAll(int fd, std::string_view contents, const std::string& path) {
  while (!contents.empty()) {
    const ssize_t written = ::write(fd, contents.data(), std::min<size_t>(contents.size(), size_t{1} << 30));
    if (written < 0) {
      if (errno == EINTR) continue;
      return FileError(errno, "cannot write", path);
    }
    contents.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Status SyncFolder(const std::string& path) {
  const std::string folder = FolderOf(path);
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.open()) return FileError(errno, "cannot open", folder);
  // Some file systems cannot sync a folder and say EINVAL.
  if (::fsync(descriptor.get()) != 0 && errno != EINVAL) return FileError(errno, "cannot sync", folder);
  return {};
}

}  // namespace

Status FileError(int error, std::string_view doing, std::string_view path) {
  return Error(CodeOf(error), "{} '{}': {}", doing, path, std::generic_category().message(error));
}

Result<std::string> ReadFile(const std::string& path, uint64_t max_bytes) {
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.open()) return FileError(errno, "cannot open", path);
  struct stat info = {};
  if (::fstat(descriptor.get(), &info) != 0) return FileError(errno, "cannot read", path);
  std::string contents;
  size_t size = 0;
  contents.resize(std::min<uint64_t>(static_cast<uint64_t>(info.st_size), max_bytes) + 1);
  while (true) {
    const ssize_t count = ::read(descriptor.get(), contents.data() + size, contents.size() - size);
    if (count < 0) {
      if (errno == EINTR) continue;
      return FileError(errno, "cannot read", path);
    }
    if (count == 0) break;
    size += static_cast<size_t>(count);
    if (size > max_bytes) {
      return Error(Code::kResourceExhausted, "'{}' is larger than the {} bytes allowed", path, max_bytes);
    }
    if (size == contents.size()) contents.resize(2 * size);
  }
  contents.resize(size);
  return contents;
}

Status WriteFileAtomically(const std::string& path, std::string_view contents) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
    return Error(Code::kInvalidArgument, "'{}' is no regular file, so it cannot be replaced", path);
  }
  std::string name;
  Descriptor descriptor(OpenTemporary(path, &name));
  if (!descriptor.open()) return FileError(errno, "cannot create", path);
  Temporary temporary(name);
  NASSHRINK_RETURN_IF_ERROR(WriteAll(descriptor.get(), contents, path));
  if (::fsync(descriptor.get()) != 0 || descriptor.Close() != 0) return FileError(errno, "cannot write", path);
  if (std::rename(temporary.path().c_str(), path.c_str()) != 0) return FileError(errno, "cannot replace", path);
  temporary.Keep();
  return SyncFolder(path);
}

}  // namespace nasshrink::base
