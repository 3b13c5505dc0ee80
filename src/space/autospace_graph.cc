#include "space/autospace_graph.h"

#include <algorithm>
#include <array>

#include "space/operators.h"

namespace nasshrink::space {
namespace {

constexpr uint32_t kNodes = 4;
constexpr size_t kEdges = 6;
constexpr std::array<uint32_t, 3> kRatios = {1, 3, 6};

struct CodedOperator {
  int64_t code;
  std::string_view kind;
  int64_t kernel;  // 0: none
};
constexpr std::array<CodedOperator, 7> kOperators = {{{1, "none", 0},
                                                      {2, "identity", 0},
                                                      {3, "conv", 1},
                                                      {4, "conv", 3},
                                                      {5, "depthwise_conv", 3},
                                                      {7, "depthwise_conv", 5},
                                                      {9, "depthwise_conv", 7}}};

// Null when the operator has no code.
const CodedOperator* CodeOf(const OperatorDef& op) {
  const auto found = std::find_if(kOperators.begin(), kOperators.end(), [&](const CodedOperator& one) {
    return one.kind == op.kind && one.kernel == op.Integer("kernel", 0) &&
           op.attributes.size() == (one.kernel > 0 ? 1U : 0U);
  });
  return found == kOperators.end() ? nullptr : &*found;
}

base::Result<OperatorDef> OperatorAt(const base::JsonView& entry) {
  NASSHRINK_ASSIGN_OR_RETURN(const int64_t code, entry.Integer(0, INT32_MAX));
  for (const CodedOperator& one : kOperators) {
    if (one.code != code) continue;
    if (one.kernel == 0) return MakeOperator(one.kind);
    return MakeOperator(one.kind, {{"kernel", one.kernel}});
  }
  return entry.Wrong("1, 2, 3, 4, 5, 7, 9", "is no operator code of AutoSpace");
}

base::Status CheckShape(const base::JsonView& graph) {
  if (graph.Size() != kNodes) return graph.Wrong("4 rows of 4 entries", "is no graph matrix");
  for (uint32_t row = 0; row < kNodes; ++row) {
    NASSHRINK_ASSIGN_OR_RETURN(const base::JsonView entries, graph.Item(row));
    if (entries.Size() != kNodes) return entries.Wrong("4 entries", "is no row of a graph matrix");
    for (uint32_t column = row; column < kNodes; ++column) {
      if (column == kNodes - 1 && row < 2) continue;
      NASSHRINK_ASSIGN_OR_RETURN(const base::JsonView entry, entries.Item(column));
      NASSHRINK_RETURN_IF_ERROR(entry.Integer(0, 0).status());
    }
  }
  return {};
}

base::Result<base::JsonView> EntryAt(const base::JsonView& graph, uint32_t row, uint32_t column) {
  NASSHRINK_ASSIGN_OR_RETURN(const base::JsonView entries, graph.Item(row));
  return entries.Item(column);
}

}  // namespace

base::Result<CellCandidate> ReadAutoSpaceGraph(const base::JsonView& graph) {
  NASSHRINK_RETURN_IF_ERROR(CheckShape(graph));
  CellCandidate cell;
  cell.nodes = kNodes;
  for (uint32_t to = 1; to < kNodes; ++to) {
    for (uint32_t from = 0; from < to; ++from) {
      NASSHRINK_ASSIGN_OR_RETURN(const base::JsonView entry, EntryAt(graph, to, from));
      NASSHRINK_ASSIGN_OR_RETURN(OperatorDef op, OperatorAt(entry));
      cell.edges.push_back({from, to, std::move(op)});
    }
  }
  NASSHRINK_ASSIGN_OR_RETURN(const base::JsonView ratio, EntryAt(graph, 0, kNodes - 1));
  NASSHRINK_ASSIGN_OR_RETURN(const int64_t index, ratio.Integer(0, kRatios.size() - 1));
  cell.ratio = kRatios[static_cast<size_t>(index)];
  NASSHRINK_ASSIGN_OR_RETURN(const base::JsonView merges, EntryAt(graph, 1, kNodes - 1));
  if (merges.Size() != 2) return merges.Wrong("two flags", "is no pair of merge functions");
  for (size_t i = 0; i < 2; ++i) {
    NASSHRINK_ASSIGN_OR_RETURN(const base::JsonView flag, merges.Item(i));
    NASSHRINK_ASSIGN_OR_RETURN(const int64_t merge, flag.Integer(0, 1));
    cell.merges.push_back(merge == 0 ? Merge::kSum : Merge::kProduct);
  }
  return cell;
}

bool HasAutoSpaceGraph(const CellCandidate& cell) {
  return cell.nodes == kNodes && cell.edges.size() == kEdges && cell.merges.size() == 2 &&
         std::find(kRatios.begin(), kRatios.end(), cell.ratio) != kRatios.end() &&
         std::all_of(cell.edges.begin(), cell.edges.end(),
                     [](const CandidateEdge& edge) { return CodeOf(edge.op) != nullptr; });
}

std::string AutoSpaceGraphText(const CellCandidate& cell) {
  const auto code = [&](size_t edge) { return CodeOf(cell.edges[edge].op)->code; };
  const auto ratio = std::find(kRatios.begin(), kRatios.end(), cell.ratio) - kRatios.begin();
  return fmt::format("[[0,0,0,{}],[{},0,0,[{},{}]],[{},{},0,0],[{},{},{},0]]", ratio, code(0),
                     static_cast<int>(cell.merges[0]), static_cast<int>(cell.merges[1]), code(1), code(2), code(3),
                     code(4), code(5));
}

}  // namespace nasshrink::space
