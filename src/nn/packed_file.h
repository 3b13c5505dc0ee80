// A file read from start to end, plain or gzip-compressed.
//
// Errors name the file; a file that ends early or whose checksum is wrong is DATA_LOSS. Not for several threads.
#ifndef NASSHRINK_NN_PACKED_FILE_H_
#define NASSHRINK_NN_PACKED_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

struct gzFile_s;

namespace nasshrink::nn {

class PackedFile {
 public:
  // NOT_FOUND and the like when it cannot be opened; INVALID_ARGUMENT when it is no regular file.
  static base::Result<PackedFile> Open(const std::string& path);

  const std::string& path() const { return path_; }
  // Reads up to `count` bytes; fewer at the end of the file.
  base::Result<size_t> Read(uint8_t* out, size_t count);
  // Exactly `count` bytes, else DATA_LOSS that says which bytes these are.
  base::Status ReadAll(uint8_t* out, size_t count, std::string_view what);
  // Nothing may follow; a packed file's checksum is verified here.
  base::Status CheckEnd(std::string_view what);

 private:
  explicit PackedFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
  std::shared_ptr<gzFile_s> file_;
};

// `name` or `name`.gz in `folder`, whichever exists; NOT_FOUND names both.
base::Result<std::string> PlainOrPacked(const std::string& folder, const std::string& name);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_PACKED_FILE_H_
