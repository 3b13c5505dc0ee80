#include "space/build_cell.h"

#include <algorithm>
#include <optional>
namespace nasshrink::space {
namespace {

// What the edges into a node have made so far.
void Join(const Passed& passed, Merge merge, std::optional<Tensor>* node, NetworkBuilder* builder) {
  if (!passed.has_value()) return;
  if (!node->has_value()) {
    *node = *passed;
  } else {
    *node = merge == Merge::kSum ? builder->Sum(**node, *passed) : builder->Product(**node, *passed);
  }
}

Tensor OrZeros(const std::optional<Tensor>& node, const Shape& shape, NetworkBuilder* builder) {
  return node.has_value() ? *node : builder->Zeros(shape);
}

std::vector<bool> KeptEdgesOf(const Space& space, const Cell& cell, const Picks& picks) {
  std::vector<bool> kept(cell.edges.size(), true);
  for (const NodeInputs& inputs : cell.node_inputs) {
    for (uint32_t edge = 0; edge < cell.edges.size(); ++edge) {
      if (cell.edges[edge].to == inputs.node) kept[edge] = false;
    }
    for (const uint32_t candidate : picks[inputs.choice]) {
      const auto* subset = std::get_if<EdgeSubset>(&space.choices[inputs.choice].candidates[candidate].body);
      if (subset == nullptr) continue;
      for (const uint32_t edge : subset->edges) kept[edge] = true;
    }
  }
  return kept;
}

// All picked candidates of an edge, added up.
base::Status BuildEdge(const Space& space, const Cell& cell, uint32_t index, const Picks& picks, const Tensor& in,
                       const Shape& out, std::optional<Tensor>* node, NetworkBuilder* builder) {
  const CellEdge& edge = cell.edges[index];
  for (const uint32_t candidate : picks[edge.choice]) {
    const InScope scope(builder, {Scope::Kind::kEdge, index, edge.choice, candidate, edge.from, edge.to, {}});
    NASSHRINK_ASSIGN_OR_RETURN(Passed passed,
                               BuildOperator(*space.choices[edge.choice].candidates[candidate].op(), in, out, builder));
    if (passed.has_value()) passed = builder->Chosen(*passed, edge.choice, candidate);
    Join(passed, Merge::kSum, node, builder);
  }
  return {};
}

// The merge function of every node: one for each with several incoming edges, in node order.
std::vector<Merge> MergesOf(const CellCandidate& cell) {
  std::vector<uint32_t> incoming(cell.nodes, 0);
  for (const CandidateEdge& edge : cell.edges) ++incoming[edge.to];
  std::vector<Merge> merges(cell.nodes, Merge::kSum);
  size_t next = 0;
  for (uint32_t node = 1; node < cell.nodes; ++node) {
    if (incoming[node] > 1 && next < cell.merges.size()) merges[node] = cell.merges[next++];
  }
  return merges;
}

bool IsPlainIdentity(const OperatorDef& op) { return op.kind == "identity" && op.Text("strided", "").empty(); }

}  // namespace

std::vector<size_t> CellInputs(const Cell& cell, size_t layer) {
  std::vector<size_t> inputs;
  for (size_t back = cell.inputs; back-- > 0;) {
    inputs.push_back(layer > back ? layer - back : std::min<size_t>(layer, 1));
  }
  return inputs;
}

base::Result<CellShapes> ShapesInCell(const Cell& cell, const std::vector<Shape>& inputs, const Shape& out) {
  CellShapes shapes;
  shapes.node = {out.channels / static_cast<uint32_t>(cell.outputs.size()), out.height, out.width};
  const Shape& newest = inputs.back();
  for (size_t i = 0; i < inputs.size(); ++i) {
    const bool halves = (inputs[i].height + 1) / 2 == newest.height && (inputs[i].width + 1) / 2 == newest.width;
    if (!SameSize(inputs[i], newest) && (cell.preprocess.empty() || !halves)) {
      return base::Status(base::Code::kUnimplemented, "there is no cost formula for inputs of these sizes")
          .WithField("inputs", fmt::format("{}x{}", inputs[i].height, inputs[i].width),
                     cell.preprocess.empty()
                         ? fmt::format("{}x{} as the newest input", newest.height, newest.width)
                         : fmt::format("{}x{} as the newest input, or twice that", newest.height, newest.width));
    }
    const uint32_t channels = cell.preprocess.empty() ? inputs[i].channels : shapes.node.channels;
    shapes.inputs.push_back({channels, newest.height, newest.width});
  }
  return shapes;
}

base::Result<std::vector<Tensor>> BuildPreprocessing(const Cell& cell, const std::vector<Tensor>& inputs,
                                                     const CellShapes& shapes, NetworkBuilder* builder) {
  std::vector<Tensor> made = inputs;
  if (cell.preprocess.empty()) return made;
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    const InScope scope(builder, {Scope::Kind::kPreprocess, i, 0, 0, 0, 0, {}});
    if (!SameSize(inputs[i].shape, shapes.inputs[i])) {
      made[i] = BuildFactorizedReduce(inputs[i], shapes.inputs[i], builder);
      continue;
    }
    auto passed = BuildOperator(cell.preprocess.front(), inputs[i], shapes.inputs[i], builder);
    if (!passed.ok()) return base::Status(passed.status()).Under("preprocess.");
    made[i] = OrZeros(*passed, shapes.inputs[i], builder);
  }
  return made;
}

Picks PicksOf(const Architecture& architecture) {
  Picks picks;
  for (const uint32_t candidate : architecture) picks.push_back({candidate});
  return picks;
}

base::Result<Tensor> BuildCell(const Space& space, size_t cell_index, const Picks& picks,
                               const std::vector<Tensor>& inputs, const Shape& out, NetworkBuilder* builder) {
  const Cell& cell = space.network.cells[cell_index];
  std::vector<Shape> input_shapes;
  for (const Tensor& input : inputs) input_shapes.push_back(input.shape);
  NASSHRINK_ASSIGN_OR_RETURN(const CellShapes shapes, ShapesInCell(cell, input_shapes, out));
  NASSHRINK_ASSIGN_OR_RETURN(std::vector<Tensor> nodes, BuildPreprocessing(cell, inputs, shapes, builder));
  const std::vector<bool> kept = KeptEdgesOf(space, cell, picks);
  uint32_t e = 0;
  for (uint32_t to = cell.inputs; to < cell.nodes; ++to) {
    std::optional<Tensor> node;
    for (; e < cell.edges.size() && cell.edges[e].to == to; ++e) {
      if (!kept[e]) continue;
      NASSHRINK_RETURN_IF_ERROR(
          BuildEdge(space, cell, e, picks, nodes[cell.edges[e].from], shapes.node, &node, builder));
    }
    nodes.push_back(OrZeros(node, shapes.node, builder));
  }
  if (cell.outputs.size() == 1) return nodes[cell.outputs.front()];
  std::vector<Tensor> outputs;
  for (const uint32_t node : cell.outputs) outputs.push_back(nodes[node]);
  return builder->Concatenate(outputs);
}

base::Result<Passed> BuildCandidateEdge(const CandidateEdge& edge, uint32_t index, const Tensor& in, const Shape& out,
                                        NetworkBuilder* builder) {
  const InScope scope(builder, {Scope::Kind::kInnerEdge, index, 0, 0, edge.from, edge.to, {}});
  if (IsPlainIdentity(edge.op) && !SameShape(in.shape, out)) return Passed{builder->Subsample(in, out)};
  NASSHRINK_ASSIGN_OR_RETURN(Passed passed, BuildOperator(edge.op, in, out, builder));
  const bool convolves = edge.op.kind == "conv" || edge.op.kind == "depthwise_conv";
  if (passed.has_value() && convolves) passed = builder->Activate(*passed, Function::kRelu6);
  return passed;
}

base::Result<Tensor> BuildCandidateCell(const CellCandidate& cell, const Tensor& in, const Shape& out,
                                        NetworkBuilder* builder) {
  Tensor widened = in;
  if (cell.ratio > 1) {
    const Shape wide = {in.shape.channels * cell.ratio, in.shape.height, in.shape.width};
    widened =
        builder->Activate(BuildConvNorm("in.0", "in.1", in, wide, {}, Affine::kAlways, builder), Function::kRelu6);
  }
  const Shape inner = {widened.shape.channels, out.height, out.width};
  const std::vector<Merge> merges = MergesOf(cell);
  std::vector<Tensor> nodes = {widened};
  std::vector<bool> reached = {true};
  uint32_t e = 0;
  for (uint32_t to = 1; to < cell.nodes; ++to) {
    std::optional<Tensor> node;
    for (; e < cell.edges.size() && cell.edges[e].to == to; ++e) {
      const uint32_t from = cell.edges[e].from;
      auto passed = BuildCandidateEdge(cell.edges[e], e, nodes[from], inner, builder);
      if (!passed.ok()) return base::Status(passed.status()).Under(fmt::format("edges[{}].op.", e));
      if (reached[from]) Join(*passed, merges[to], &node, builder);
    }
    reached.push_back(node.has_value());
    nodes.push_back(OrZeros(node, inner, builder));
  }
  Tensor made = BuildConvNorm("out.0", "out.1", nodes.back(), out, {}, Affine::kAlways, builder);
  if (!reached.back()) made = builder->Zeros(out);
  return SameShape(in.shape, out) ? builder->Sum(made, in) : made;
}

CellCandidate WithoutDeadEdges(CellCandidate cell) {
  const auto open = [&](const CandidateEdge& edge) { return edge.op.kind != "none"; };
  std::vector<bool> reached(cell.nodes, false);
  std::vector<bool> needed(cell.nodes, false);
  reached.front() = needed.back() = true;
  for (const CandidateEdge& edge : cell.edges) {
    if (open(edge) && reached[edge.from]) reached[edge.to] = true;
  }
  for (auto edge = cell.edges.rbegin(); edge != cell.edges.rend(); ++edge) {
    if (open(*edge) && needed[edge->to]) needed[edge->from] = true;
  }
  for (CandidateEdge& edge : cell.edges) {
    if (!reached[edge.from] || !needed[edge.to]) edge.op = {"none", {}, {}};
  }
  return cell;
}

}  // namespace nasshrink::space
