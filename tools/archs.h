// What an ARCH argument means, lists of children, and how children are shown.
//
// Everything here ends the program when an argument cannot be read.
#ifndef NASSHRINK_TOOLS_ARCHS_H_
#define NASSHRINK_TOOLS_ARCHS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "handles.h"
#include "nasshrink/v1/architecture.pb.h"
#include "nasshrink/v1/plan.pb.h"
#include "nasshrink/v1/space.pb.h"

namespace nasshrink::tools {

// Root candidates of one child.
using Row = std::vector<uint32_t>;

// A notation of the space, or a file: of Architecture, or of a notation where `format` names one, the file ends in .txt
// or .config, or it is a JSON document that is no Architecture. An empty format recognises the notation.
Arch OpenArch(const nasshrink_space* space, const std::string& arch, const std::string& format = "");
Arch ArchOf(const nasshrink_space* space, const Row& row);
// A notation in row `number` of a file, which an error names.
Arch ImportRow(const nasshrink_space* space, const std::string& path, size_t number, const std::string& text);
Row RowOf(const nasshrink_arch* arch);
// The child of a space with one; of a larger one the first.
Arch FirstChild(const nasshrink_space* space);

// Whether all its operators are alive.
bool IsChild(const v1::SearchSpace& space, const Row& row);

// Operator codes separated by spaces.
std::string OpsText(const v1::SearchSpace& space, const Row& row);

v1::ArchitectureList ListOf(const v1::SearchSpace& space, const std::vector<Row>& rows);
std::vector<Row> RowsOf(const v1::ArchitectureList& list);

// A file of ArchitectureList, or a ".txt" or ".csv" file with a notation a line (the first column; a header line
// "arch,..." is skipped).
std::vector<Row> ReadArchs(const nasshrink_space* space, const std::string& path);

// What ReadArchs reads: operator codes, a child a line, into ".txt" and ".csv", an ArchitectureList, which says what
// space it belongs to, into all else.
void WriteArchs(const std::string& path, const nasshrink_space* space, const std::vector<Row>& rows);

// All children, the last choice fastest. `most` bounds how many a command works on.
std::vector<Row> AllChildren(const nasshrink_space* space, uint64_t most);

// The first of them that `wanted` takes; nothing for none, and for a space whose children cannot be listed.
std::optional<Row> FirstChild(const v1::SearchSpace& space, const std::function<bool(const Row&)>& wanted);

// Uniformly drawn children.
std::vector<Row> SampleChildren(const nasshrink_space* space, const v1::SampleOptions& options);

v1::CostReport CostOf(const nasshrink_arch* arch, const v1::CostQuery& query);
// ops, macs, params and latency_ms (null without a latency table).
Json ChildJson(const v1::SearchSpace& space, const Row& row, const v1::CostReport& cost);
// ops, macs, params and the metrics.
Json EvaluatedJson(const v1::Evaluated& child);
// A run's best child: ops, macs, params, its accuracy (null before it has one), whether it was trained from scratch,
// and what the accuracy was measured on. `table` says that accuracies are looked up.
Json BestJson(const v1::Evaluated& child, bool table);
std::optional<double> MetricOf(const v1::Evaluated& child, const std::string& name);

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_ARCHS_H_
