// Finds the fixtures and benchmark truth that live outside the repository.
#ifndef NASSHRINK_TESTS_SHARED_FILE_H_
#define NASSHRINK_TESTS_SHARED_FILE_H_

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

namespace nasshrink::tests {

// The path of a file below the shared folder; nothing when it is not there.
inline std::optional<std::string> SharedFile(const std::string& relative) {
  const char* folder = std::getenv("NASSHRINK_SHARED");
  const std::string path = std::string(folder == nullptr ? "../shared" : folder) + "/" + relative;
  if (!std::ifstream(path).good()) return std::nullopt;
  return path;
}

}  // namespace nasshrink::tests

// Declares `variable` as the path, or skips the test and says what is missing.
#define NASSHRINK_SHARED_OR_SKIP(variable, relative)                       \
  const auto variable##_found = nasshrink::tests::SharedFile(relative);    \
  if (!variable##_found) GTEST_SKIP() << "needs ../shared/" << (relative); \
  const std::string& variable = *variable##_found

#endif  // NASSHRINK_TESTS_SHARED_FILE_H_
