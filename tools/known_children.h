// A CSV of children with numbers known beforehand: accuracies, or scores from anywhere.
//
// Everything here ends the program when a file cannot be read.
#ifndef NASSHRINK_TOOLS_KNOWN_CHILDREN_H_
#define NASSHRINK_TOOLS_KNOWN_CHILDREN_H_

#include <string>
#include <vector>

#include "archs.h"
#include "handles.h"

namespace nasshrink::tools {

struct KnownChildren {
  std::vector<Row> rows;  // of the root space, in the order of the file
  std::vector<double> values;
};

// Children are in the column "arch", "arch_str" or "ops", in any notation that is recognised; numbers are in `column`,
// or else in the first of `columns` that the file has.
KnownChildren ReadKnownChildren(nasshrink_context* context, const nasshrink_space* space, const std::string& path,
                                const std::string& column, const std::vector<std::string>& columns);

// What CSV[:COLUMN] means. The name is that of the column, else of the file: "some/angle.csv.gz" is "angle".
struct CsvSource {
  std::string path;
  std::string column;
  std::string name;
};
CsvSource CsvSourceOf(const std::string& text);

// "some/angle.csv.gz" is "angle", "some/run/" is "run".
std::string StemOf(const std::string& path);

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_KNOWN_CHILDREN_H_
