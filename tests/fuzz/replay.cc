// Feeds every file of a folder to a fuzz target, then every beginning of it and the file with each byte spoiled, so
// that a plain test run covers what the fuzzer found and its neighbourhood.
//
// replay FOLDER
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/target.h"

namespace {

constexpr size_t kMostSpoiled = 512;  // bytes of a file; longer ones are spoiled at even distances

void Feed(const std::string& bytes) {
  // A copy of its own size, so that a sanitizer sees a read behind the end.
  const std::vector<uint8_t> data(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(data.data(), data.size());
}

size_t FeedNeighbours(const std::string& bytes) {
  size_t fed = 0;
  const size_t step = bytes.size() / kMostSpoiled + 1;
  for (size_t i = 0; i < bytes.size(); i += step) {
    Feed(bytes.substr(0, i));
    for (const unsigned char spoil : {0x01, 0x80, 0xff}) {
      std::string spoiled = bytes;
      spoiled[i] = static_cast<char>(static_cast<unsigned char>(spoiled[i]) ^ spoil);
      Feed(spoiled);
      ++fed;
    }
    ++fed;
  }
  return fed;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "replay: give the folder of the corpus\n");
    return 2;
  }
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  size_t fed = 0;
  for (const std::filesystem::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    Feed(bytes);
    fed += 1 + FeedNeighbours(bytes);
  }
  std::printf("%zu files, %zu inputs\n", paths.size(), fed);
  return paths.empty() ? 1 : 0;
}
