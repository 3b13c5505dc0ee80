#include "score/path_weights.h"

#include <algorithm>
#include <array>
#include <utility>

namespace nasshrink::score {
namespace {

constexpr size_t kTabulatedEdges = 8;

}  // namespace

base::Result<PathWeights> PathWeights::Make(const space::Space& space, size_t cell, bool relative) {
  const space::Cell& source = space.network.cells[cell];
  if (source.edges.size() > kMaxEdges || source.nodes > kMaxNodes) {
    return base::Error(base::Code::kUnimplemented,
                       "the angle of cells with more than {} edges or {} nodes is not part of this version "
                       "(cell '{}' has {} edges and {} nodes)",
                       kMaxEdges, kMaxNodes, source.key, source.edges.size(), source.nodes);
  }
  PathWeights weights;
  weights.inputs_ = source.inputs;
  weights.nodes_ = source.nodes;
  weights.outputs_ = source.outputs;
  weights.relative_ = relative;
  for (size_t edge = 0; edge < source.edges.size(); ++edge) {
    const space::CellEdge& from = source.edges[edge];
    weights.edges_.push_back({from.from, from.to});
    Breaks breaks{from.choice, {}};
    for (const space::Candidate& candidate : space.choices[from.choice].candidates) {
      breaks.edges.push_back(space::BreaksPath(candidate) ? uint64_t{1} << edge : 0);
    }
    weights.breaks_.push_back(std::move(breaks));
  }
  for (const space::NodeInputs& node : source.node_inputs) {
    uint64_t into = 0;
    for (size_t edge = 0; edge < source.edges.size(); ++edge) {
      if (source.edges[edge].to == node.node) into |= uint64_t{1} << edge;
    }
    Breaks breaks{node.choice, {}};
    for (const space::Candidate& candidate : space.choices[node.choice].candidates) {
      uint64_t kept = 0;
      if (const auto* subset = std::get_if<space::EdgeSubset>(&candidate.body)) {
        for (const uint32_t edge : subset->edges) kept |= uint64_t{1} << edge;
      }
      breaks.edges.push_back(into & ~kept);
    }
    weights.breaks_.push_back(std::move(breaks));
  }
  if (weights.edges_.size() <= kTabulatedEdges) {
    const size_t sets = size_t{1} << weights.edges_.size();
    std::vector<double> table(sets * (weights.edges_.size() + 1));
    for (size_t broken = 0; broken < sets; ++broken) {
      weights.Count(broken, &table[broken * (weights.edges_.size() + 1)]);
    }
    weights.table_ = std::move(table);
  }
  return weights;
}

void PathWeights::Count(uint64_t broken, double* weights) const {
  std::array<double, kMaxNodes> in{};
  std::array<double, kMaxNodes> out{};
  std::fill_n(in.begin(), inputs_, 1.0);
  for (size_t edge = 0; edge < edges_.size(); ++edge) {
    if ((broken >> edge & 1) == 0) in[edges_[edge].to] += in[edges_[edge].from];
  }
  double paths = 0;
  for (const uint32_t node : outputs_) {
    out[node] += 1;
    paths += in[node];
  }
  // Edges ascend by end node, so going down every edge out of a node comes before the edges into it.
  for (size_t edge = edges_.size(); edge-- > 0;) {
    if ((broken >> edge & 1) == 0) out[edges_[edge].from] += out[edges_[edge].to];
  }
  const double scale = relative_ && paths > 0 ? 1 / paths : 1;
  for (size_t edge = 0; edge < edges_.size(); ++edge) {
    const double through = in[edges_[edge].from] * out[edges_[edge].to];
    weights[edge] = (broken >> edge & 1) == 0 ? through * scale : 0;
  }
  weights[edges_.size()] = paths;
}

}  // namespace nasshrink::score
