// A folder for the files of one test, removed with all that is in it.
#ifndef NASSHRINK_TESTS_NN_TEMPORARY_FOLDER_H_
#define NASSHRINK_TESTS_NN_TEMPORARY_FOLDER_H_

#include <stdlib.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace nasshrink::nn {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char name[] = "/tmp/nasshrink-images-XXXXXX";
    if (mkdtemp(name) != nullptr) path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

  // Makes the folders that `name` needs.
  std::string Write(const std::string& name, const std::string& bytes) const {
    const std::filesystem::path path = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }
  std::string WritePacked(const std::string& name, const std::string& bytes) const {
    const std::string path = Write(name, "");
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return path;
  }

 private:
  std::string path_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_TESTS_NN_TEMPORARY_FOLDER_H_
