#include "space/cell_steps.h"

#include <algorithm>
#include <optional>

#include "space/paths.h"

namespace nasshrink::space {
namespace {

// What the edges into a node have made so far.
void Join(const Passed& passed, std::optional<Tensor>* node, Steps* steps) {
  if (!passed.has_value()) return;
  *node = node->has_value() ? steps->Merge(**node, *passed) : *passed;
}

Tensor OrZeros(const std::optional<Tensor>& node, const Shape& shape, Steps* steps) {
  return node.has_value() ? *node : steps->Compute({}, shape);
}

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

base::Result<std::vector<Tensor>> AddPreprocessing(const Cell& cell, const std::vector<Tensor>& inputs,
                                                   const CellShapes& shapes, Steps* steps) {
  std::vector<Tensor> made = inputs;
  if (cell.preprocess.empty()) return made;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!SameSize(inputs[i].shape, shapes.inputs[i])) {
      made[i] = AddFactorizedReduce(inputs[i], shapes.inputs[i], steps);
      continue;
    }
    auto passed = AddOperator(cell.preprocess.front(), inputs[i], shapes.inputs[i], steps);
    if (!passed.ok()) return base::Status(passed.status()).Under("preprocess.");
    made[i] = OrZeros(*passed, shapes.inputs[i], steps);
  }
  return made;
}

base::Result<Tensor> AddCell(const Space& space, size_t cell_index, const Architecture& architecture,
                             const std::vector<Tensor>& inputs, const Shape& out, Steps* steps) {
  const Cell& cell = space.network.cells[cell_index];
  std::vector<Shape> input_shapes;
  for (const Tensor& input : inputs) input_shapes.push_back(input.shape);
  NASSHRINK_ASSIGN_OR_RETURN(const CellShapes shapes, ShapesInCell(cell, input_shapes, out));
  NASSHRINK_ASSIGN_OR_RETURN(std::vector<Tensor> nodes, AddPreprocessing(cell, inputs, shapes, steps));
  const std::vector<bool> kept = KeptEdges(space, cell_index, architecture);
  size_t e = 0;
  for (uint32_t to = cell.inputs; to < cell.nodes; ++to) {
    std::optional<Tensor> node;
    for (; e < cell.edges.size() && cell.edges[e].to == to; ++e) {
      if (!kept[e]) continue;
      const uint32_t choice = cell.edges[e].choice;
      const OperatorDef* op = space.choices[choice].candidates[architecture[choice]].op();
      NASSHRINK_ASSIGN_OR_RETURN(const Passed passed, AddOperator(*op, nodes[cell.edges[e].from], shapes.node, steps));
      Join(passed, &node, steps);
    }
    nodes.push_back(OrZeros(node, shapes.node, steps));
  }
  if (cell.outputs.size() == 1) return nodes[cell.outputs.front()];
  std::vector<Tensor> outputs;
  for (const uint32_t node : cell.outputs) outputs.push_back(nodes[node]);
  return steps->Compute(outputs, out);
}

base::Result<Passed> AddCandidateEdge(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps) {
  const bool plain = op.kind == "identity" && op.Text("strided", "").empty();
  if (!plain || SameShape(in.shape, out)) return AddOperator(op, in, out, steps);
  return Passed{steps->Compute({in}, out)};
}

base::Result<Tensor> AddCandidateCell(const CellCandidate& cell, const Tensor& in, const Shape& out, Steps* steps) {
  Tensor widened = in;
  if (cell.ratio > 1) {
    widened = AddConvNorm(1, 1, in, {in.shape.channels * cell.ratio, in.shape.height, in.shape.width}, steps);
  }
  const Shape inner = {widened.shape.channels, out.height, out.width};
  std::vector<Tensor> nodes = {widened};
  size_t e = 0;
  for (uint32_t to = 1; to < cell.nodes; ++to) {
    std::optional<Tensor> node;
    for (; e < cell.edges.size() && cell.edges[e].to == to; ++e) {
      auto passed = AddCandidateEdge(cell.edges[e].op, nodes[cell.edges[e].from], inner, steps);
      if (!passed.ok()) return base::Status(passed.status()).Under(fmt::format("edges[{}].op.", e));
      Join(*passed, &node, steps);
    }
    nodes.push_back(OrZeros(node, inner, steps));
  }
  const Tensor made = AddConvNorm(1, 1, nodes.back(), out, steps);
  return SameShape(in.shape, out) ? steps->Merge(made, in) : made;
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
