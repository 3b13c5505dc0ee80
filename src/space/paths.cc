#include "space/paths.h"

#include <algorithm>

namespace nasshrink::space {

std::vector<bool> KeptEdges(const Space& space, size_t cell_index, const Architecture& architecture) {
  const Cell& cell = space.network.cells[cell_index];
  std::vector<bool> kept(cell.edges.size(), true);
  for (const NodeInputs& inputs : cell.node_inputs) {
    const Candidate& candidate = space.choices[inputs.choice].candidates[architecture[inputs.choice]];
    const auto* subset = std::get_if<EdgeSubset>(&candidate.body);
    for (uint32_t edge = 0; edge < cell.edges.size(); ++edge) {
      if (cell.edges[edge].to != inputs.node) continue;
      kept[edge] = subset != nullptr && std::binary_search(subset->edges.begin(), subset->edges.end(), edge);
    }
  }
  return kept;
}

CellPaths CountPaths(const Space& space, size_t cell_index, const Architecture& architecture) {
  const Cell& cell = space.network.cells[cell_index];
  std::vector<bool> open = KeptEdges(space, cell_index, architecture);
  for (size_t e = 0; e < cell.edges.size(); ++e) {
    const uint32_t choice = cell.edges[e].choice;
    if (BreaksPath(space.choices[choice].candidates[architecture[choice]])) open[e] = false;
  }
  // Edges ascend by their end, so every node is complete before an edge leaves it.
  std::vector<uint64_t> from_inputs(cell.nodes, 0);
  for (uint32_t node = 0; node < cell.inputs; ++node) from_inputs[node] = 1;
  for (size_t e = 0; e < cell.edges.size(); ++e) {
    if (open[e]) from_inputs[cell.edges[e].to] += from_inputs[cell.edges[e].from];
  }
  std::vector<uint64_t> to_outputs(cell.nodes, 0);
  CellPaths paths;
  for (const uint32_t node : cell.outputs) {
    to_outputs[node] = 1;
    paths.total += from_inputs[node];
  }
  for (size_t e = cell.edges.size(); e-- > 0;) {
    if (open[e]) to_outputs[cell.edges[e].from] += to_outputs[cell.edges[e].to];
  }
  paths.edge.assign(cell.edges.size(), 0);
  for (size_t e = 0; e < cell.edges.size(); ++e) {
    if (open[e]) paths.edge[e] = from_inputs[cell.edges[e].from] * to_outputs[cell.edges[e].to];
  }
  return paths;
}

}  // namespace nasshrink::space
