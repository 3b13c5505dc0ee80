#include "nn/packed_file.h"

#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"

namespace nasshrink::nn {

base::Result<PackedFile> PackedFile::Open(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) return base::FileError(errno, "cannot open", path);
  if (!S_ISREG(info.st_mode)) return base::Error(base::Code::kInvalidArgument, "'{}' is no regular file", path);
  PackedFile reader(path);
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return base::FileError(errno == 0 ? ENOMEM : errno, "cannot open", path);
  reader.file_ = std::shared_ptr<gzFile_s>(file, [](gzFile closing) { gzclose(closing); });
  gzbuffer(file, 1U << 18U);
  return reader;
}

base::Result<size_t> PackedFile::Read(uint8_t* out, size_t count) {
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

base::Status PackedFile::ReadAll(uint8_t* out, size_t count, std::string_view what) {
  NASSHRINK_ASSIGN_OR_RETURN(const size_t done, Read(out, count));
  if (done == count) return {};
  return base::Error(base::Code::kDataLoss, "'{}' ends after {} of {} bytes of {}", path_, done, count, what);
}

base::Status PackedFile::CheckEnd(std::string_view what) {
  uint8_t byte = 0;
  NASSHRINK_ASSIGN_OR_RETURN(const size_t done, Read(&byte, 1));
  if (done == 0) return {};
  return base::Error(base::Code::kDataLoss, "'{}' goes on after the {} that its header announces", path_, what);
}

base::Result<std::string> PlainOrPacked(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name;
  struct stat info = {};
  for (const char* suffix : {"", ".gz"}) {
    const std::string candidate = path + suffix;
    if (stat(candidate.c_str(), &info) == 0) return candidate;
  }
  return base::Error(base::Code::kNotFound, "neither '{}' nor '{}.gz' exists", path, path);
}

}  // namespace nasshrink::nn
