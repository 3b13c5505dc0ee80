// Weights trained elsewhere: tensors of safetensors files, and a file that says what their names mean here.
//
// Everything here ends the program when a file cannot be read.
#ifndef NASSHRINK_TOOLS_FOREIGN_WEIGHTS_H_
#define NASSHRINK_TOOLS_FOREIGN_WEIGHTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "handles.h"

namespace nasshrink::tools {

// The tensors of a safetensors file. https://huggingface.co/docs/safetensors
class WeightsFile {
 public:
  explicit WeightsFile(const std::string& path);

  const std::string& path() const { return path_; }
  std::vector<std::string> Names() const;
  bool Has(const std::string& name) const { return tensors_.count(name) != 0; }
  // Borrows this object's memory. `name` must be there.
  Tensor Open(nasshrink_context* context, const std::string& name) const;

 private:
  struct Entry {
    std::string dtype;
    std::vector<int64_t> shape;
    size_t begin = 0;
  };

  std::string path_;
  std::string bytes_;
  size_t data_ = 0;
  std::map<std::string, Entry> tensors_;
};

// A CSV with the column "pattern" and others. A row is for the tensors whose whole name its pattern matches (a regular
// expression, ECMAScript's grammar); $1 and so on in the other columns are what its groups matched. The first row that
// matches counts.
class NameMap {
 public:
  NameMap(const std::string& path, const std::vector<std::string>& columns);

  // One text a column; none where no row matches.
  std::optional<std::vector<std::string>> Find(const std::string& name) const;

 private:
  struct Row {
    std::regex pattern;
    std::vector<std::string> formats;
  };
  std::vector<Row> rows_;
};

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_FOREIGN_WEIGHTS_H_
