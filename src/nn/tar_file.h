// A tar archive read from start to end, plain or gzip-compressed (POSIX ustar, as GNU tar and bsdtar write it).
//
// Links, folders and extended headers are passed over, so names above 255 characters come out cut. Nothing is ever
// written to disk. Errors name the archive; a cut one is DATA_LOSS.
#ifndef NASSHRINK_NN_TAR_FILE_H_
#define NASSHRINK_NN_TAR_FILE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"
#include "nn/packed_file.h"

namespace nasshrink::nn {

class TarFile {
 public:
  struct Entry {
    std::string name;
    std::string bytes;
  };

  static base::Result<TarFile> Open(const std::string& path);

  const std::string& path() const { return file_.path(); }
  // The next regular file; nothing after the last one. RESOURCE_EXHAUSTED for one of more than `max_bytes`.
  base::Result<std::optional<Entry>> Next(uint64_t max_bytes);

 private:
  explicit TarFile(PackedFile file) : file_(std::move(file)) {}
  base::Status Skip(uint64_t bytes);
  PackedFile file_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_TAR_FILE_H_
