// Rows of a gzipped CSV file with a header, by column name. Fields may be quoted; no line breaks inside.
#ifndef NASSHRINK_TESTS_PACKED_CSV_H_
#define NASSHRINK_TESTS_PACKED_CSV_H_

#include <zlib.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace nasshrink::tests {

class PackedCsv {
 public:
  explicit PackedCsv(const std::string& path) {
    std::string text;
    gzFile file = gzopen(path.c_str(), "rb");
    char block[65536];
    for (int size = gzread(file, block, sizeof(block)); size > 0; size = gzread(file, block, sizeof(block))) {
      text.append(block, static_cast<size_t>(size));
    }
    gzclose(file);
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      rows_.push_back(Fields(text.substr(begin, end - begin)));
      begin = end + 1;
    }
  }

  size_t size() const { return rows_.size() - 1; }
  const std::string& At(size_t row, const std::string& column) const {
    const auto found = std::find(rows_[0].begin(), rows_[0].end(), column);
    if (found == rows_[0].end()) throw std::out_of_range("no column " + column);
    return rows_.at(row + 1).at(static_cast<size_t>(found - rows_[0].begin()));
  }

 private:
  static std::vector<std::string> Fields(const std::string& line) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (const char c : line) {
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        fields.emplace_back();
      } else if (c != '\r') {
        fields.back() += c;
      }
    }
    return fields;
  }

  std::vector<std::vector<std::string>> rows_;
};

}  // namespace nasshrink::tests

#endif  // NASSHRINK_TESTS_PACKED_CSV_H_
