#include "space/validate_network.h"

#include <algorithm>
#include <set>

#include "space/operators.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

template <typename Value>
base::Status CheckRange(const std::string& field, Value value, uint64_t min, uint64_t max, std::string_view text) {
  if (value >= min && value <= max) return {};
  return base::Invalid(field, value, fmt::format("{}..{}", min, max), text);
}

base::Status CheckChoiceIndex(const Space& space, uint32_t choice, const std::string& field) {
  return CheckRange(field, choice, 0, space.choices.size() - 1, "names no choice");
}

base::Status CheckEdges(const Space& space, const Cell& cell, const std::string& field) {
  if (cell.edges.empty()) return base::Invalid(field + ".edges", 0, "1 or more", "a cell needs edges");
  std::vector<bool> reached(cell.nodes, false);
  for (size_t e = 0; e < cell.edges.size(); ++e) {
    const CellEdge& edge = cell.edges[e];
    const std::string path = fmt::format("{}.edges[{}]", field, e);
    NASSHRINK_RETURN_IF_ERROR(
        CheckRange(path + ".to", edge.to, cell.inputs, cell.nodes - 1, "an edge ends at a node that is no input"));
    if (edge.from >= edge.to) {
      return base::Invalid(path + ".from", edge.from, fmt::format("0..{}", edge.to - 1), "edges go forward");
    }
    if (e > 0 && std::pair(edge.to, edge.from) <= std::pair(cell.edges[e - 1].to, cell.edges[e - 1].from)) {
      return base::Invalid(path, fmt::format("{}<-{}", edge.to, edge.from),
                           fmt::format("after {}<-{}", cell.edges[e - 1].to, cell.edges[e - 1].from),
                           "edges ascend by (to, from), each once");
    }
    NASSHRINK_RETURN_IF_ERROR(CheckChoiceIndex(space, edge.choice, path + ".choice"));
    reached[edge.to] = true;
  }
  for (uint32_t node = cell.inputs; node < cell.nodes; ++node) {
    if (!reached[node]) {
      return base::Invalid(field + ".nodes", node, "a node with an edge into it", "no edge ends at the node");
    }
  }
  return {};
}

base::Status CheckNodes(const std::vector<uint32_t>& nodes, const Cell& cell, const std::string& field) {
  for (size_t i = 0; i < nodes.size(); ++i) {
    const std::string path = fmt::format("{}[{}]", field, i);
    NASSHRINK_RETURN_IF_ERROR(CheckRange(path, nodes[i], cell.inputs, cell.nodes - 1, "names no node that computes"));
    if (i > 0 && nodes[i] <= nodes[i - 1]) {
      return base::Invalid(path, nodes[i], fmt::format("above {}", nodes[i - 1]), "nodes ascend, each once");
    }
  }
  return {};
}

base::Status CheckCell(const Space& space, const Cell& cell, const std::string& field) {
  NASSHRINK_RETURN_IF_ERROR(CheckText(cell.key, field + ".key"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange(field + ".nodes", cell.nodes, 2, kMaxCellNodes, "the size is out of range"));
  NASSHRINK_RETURN_IF_ERROR(
      CheckRange(field + ".inputs", cell.inputs, 1, cell.nodes - 1, "a cell has inputs and nodes that compute"));
  NASSHRINK_RETURN_IF_ERROR(CheckEdges(space, cell, field));
  if (cell.outputs.empty()) return base::Invalid(field + ".outputs", 0, "1 or more", "a cell needs an output");
  NASSHRINK_RETURN_IF_ERROR(CheckNodes(cell.outputs, cell, field + ".outputs"));
  std::vector<uint32_t> nodes;
  for (size_t i = 0; i < cell.node_inputs.size(); ++i) {
    nodes.push_back(cell.node_inputs[i].node);
    NASSHRINK_RETURN_IF_ERROR(
        CheckChoiceIndex(space, cell.node_inputs[i].choice, fmt::format("{}.node_inputs[{}].choice", field, i)));
  }
  NASSHRINK_RETURN_IF_ERROR(CheckNodes(nodes, cell, field + ".node_inputs"));
  if (cell.preprocess.empty()) return {};
  return CheckOperator(cell.preprocess.front(), kAsFixed, field + ".preprocess");
}

base::Status CheckLayer(const Space& space, const Layer& layer, const std::string& field) {
  NASSHRINK_RETURN_IF_ERROR(CheckText(layer.key, field + ".key"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange(field + ".stride", layer.stride, 1, kMaxStride, "the stride is out of range"));
  NASSHRINK_RETURN_IF_ERROR(CheckRange(field + ".out_channels", layer.out_channels, 0, kMaxChannels,
                                       "the number of channels is out of range"));
  if (const auto* choice = std::get_if<LayerChoice>(&layer.body)) {
    return CheckChoiceIndex(space, choice->choice, field + ".choice");
  }
  if (const auto* cell = std::get_if<LayerCell>(&layer.body)) {
    if (cell->cell < space.network.cells.size()) return {};
    return base::Invalid(field + ".cell", cell->cell, fmt::format("below {}", space.network.cells.size()),
                         "names no cell");
  }
  return CheckOperator(std::get<OperatorDef>(layer.body), kAsFixed, field + ".fixed");
}

base::Status CheckCellsAreUsed(const Network& network) {
  std::set<uint32_t> used;
  for (const Layer& layer : network.layers) {
    if (const auto* cell = std::get_if<LayerCell>(&layer.body)) used.insert(cell->cell);
  }
  for (uint32_t c = 0; c < network.cells.size(); ++c) {
    if (used.count(c) > 0) continue;
    return base::Invalid(fmt::format("network.cells[{}]", c), network.cells[c].key, "a cell that a layer names",
                         "no layer uses the cell");
  }
  return {};
}

Shape After(const Layer& layer, const Shape& in, uint32_t classes) {
  Shape out = in;
  if (layer.out_channels > 0) out.channels = layer.out_channels;
  out.height = (in.height - 1) / layer.stride + 1;
  out.width = (in.width - 1) / layer.stride + 1;
  const auto* op = std::get_if<OperatorDef>(&layer.body);
  if (op != nullptr && op->kind == "global_avg_pool") out.height = out.width = 1;
  if (op != nullptr && op->kind == "linear") out.channels = classes;
  return out;
}

base::Status CheckFixedSizes(const OperatorDef& op, const Layer& layer, const Shape& in, uint32_t classes,
                             const std::string& field) {
  const std::string size = fmt::format("{}x{}", in.height, in.width);
  if (op.kind == "resnet_block") {
    if (layer.stride != 2)
      return base::Invalid(field + ".stride", layer.stride, "2", "a residual block halves the picture");
    if (in.height % 2 != 0 || in.width % 2 != 0) {
      return base::Invalid(field, size, "even sizes",
                           "the picture that reaches the residual block cannot be halved evenly");
    }
  }
  if (op.kind == "linear" && (in.height != 1 || in.width != 1)) {
    return base::Invalid(field, size, "1x1", "the classifier reads one pixel; a global_avg_pool goes before it");
  }
  if (op.kind == "linear" && layer.out_channels != 0 && layer.out_channels != classes) {
    return base::Invalid(field + ".out_channels", layer.out_channels, fmt::format("0 or {}", classes),
                         "the classifier has one output a class");
  }
  const bool same =
      op.kind == "bn_relu" || op.kind == "global_avg_pool" || op.kind == "avg_pool" || op.kind == "max_pool";
  if (same && layer.out_channels != 0 && layer.out_channels != in.channels) {
    return base::Invalid(field + ".out_channels", layer.out_channels, fmt::format("0 or {}", in.channels),
                         fmt::format("'{}' keeps the number of channels", op.kind));
  }
  return {};
}

// A plain identity passes on what comes in, so the shape must stay.
base::Status CheckIdentities(const Choice& choice, uint32_t index, const std::string& where) {
  for (size_t c = 0; c < choice.candidates.size(); ++c) {
    const OperatorDef* op = choice.candidates[c].op();
    if (op == nullptr || op->kind != "identity" || !op->Text("strided", "").empty()) continue;
    return base::Invalid(fmt::format("choices[{}].candidates[{}].op", index, c), op->kind,
                         "another operator, or the attribute 'strided'",
                         fmt::format("identity cannot change the shape in {}", where));
  }
  return {};
}

base::Status CheckLayerSizes(const Space& space, size_t index, const Shape& in, const Shape& out) {
  const Layer& layer = space.network.layers[index];
  const std::string field = fmt::format("network.layers[{}]", index);
  if (const auto* op = std::get_if<OperatorDef>(&layer.body)) {
    NASSHRINK_RETURN_IF_ERROR(CheckFixedSizes(*op, layer, in, space.network.classes, field));
  }
  if (const auto* choice = std::get_if<LayerChoice>(&layer.body)) {
    if (layer.stride > 1 || out.channels != in.channels) {
      NASSHRINK_RETURN_IF_ERROR(CheckIdentities(space.choices[choice->choice], choice->choice, field));
    }
  }
  if (const auto* body = std::get_if<LayerCell>(&layer.body)) {
    const Cell& cell = space.network.cells[body->cell];
    if (out.channels % cell.outputs.size() != 0) {
      return base::Invalid(field + ".out_channels", out.channels, fmt::format("a multiple of {}", cell.outputs.size()),
                           "the cell's outputs share the channels evenly");
    }
    for (const CellEdge& edge : cell.edges) {
      if (layer.stride == 1 || edge.from >= cell.inputs) continue;
      NASSHRINK_RETURN_IF_ERROR(CheckIdentities(space.choices[edge.choice], edge.choice, field));
    }
  }
  const uint64_t activation = uint64_t{out.channels} * out.height * out.width;
  return CheckRange(field, activation, 1, kMaxActivation, "channels * height * width is out of range");
}

}  // namespace

base::Status CheckNetwork(const Space& space) {
  const Network& network = space.network;
  NASSHRINK_RETURN_IF_ERROR(
      CheckRange("network.input_channels", network.input_channels, 1, kMaxChannels, "the input has channels"));
  NASSHRINK_RETURN_IF_ERROR(
      CheckRange("network.input_height", network.input_height, 1, kMaxSide, "the input has a size"));
  NASSHRINK_RETURN_IF_ERROR(
      CheckRange("network.input_width", network.input_width, 1, kMaxSide, "the input has a size"));
  NASSHRINK_RETURN_IF_ERROR(
      CheckRange("network.classes", network.classes, 1, kMaxClasses, "the number is out of range"));
  NASSHRINK_RETURN_IF_ERROR(
      CheckRange("network.layers", network.layers.size(), 1, kMaxLayers, "the number of layers is out of range"));
  NASSHRINK_RETURN_IF_ERROR(
      CheckRange("network.cells", network.cells.size(), 0, kMaxCells, "the number of cells is out of range"));
  std::set<std::string_view> keys;
  for (size_t c = 0; c < network.cells.size(); ++c) {
    const std::string field = fmt::format("network.cells[{}]", c);
    NASSHRINK_RETURN_IF_ERROR(CheckCell(space, network.cells[c], field));
    if (!keys.insert(network.cells[c].key).second) {
      return base::Invalid(field + ".key", network.cells[c].key, "a new key", "two cells have one key");
    }
  }
  for (size_t i = 0; i < network.layers.size(); ++i) {
    NASSHRINK_RETURN_IF_ERROR(CheckLayer(space, network.layers[i], fmt::format("network.layers[{}]", i)));
  }
  return CheckCellsAreUsed(network);
}

std::vector<Shape> ShapesOf(const Space& space, uint32_t height, uint32_t width) {
  std::vector<Shape> shapes = {{space.network.input_channels, height, width}};
  for (const Layer& layer : space.network.layers) {
    shapes.push_back(After(layer, shapes.back(), space.network.classes));
  }
  return shapes;
}

base::Status CheckSizes(const Space& space, uint32_t height, uint32_t width) {
  const std::vector<Shape> shapes = ShapesOf(space, height, width);
  const uint64_t input = uint64_t{shapes[0].channels} * height * width;
  NASSHRINK_RETURN_IF_ERROR(CheckRange("network", input, 1, kMaxActivation, "the input is too large"));
  for (size_t i = 0; i < space.network.layers.size(); ++i) {
    NASSHRINK_RETURN_IF_ERROR(CheckLayerSizes(space, i, shapes[i], shapes[i + 1]));
    const auto* op = std::get_if<OperatorDef>(&space.network.layers[i].body);
    if (op != nullptr && op->kind == "linear" && i + 1 < space.network.layers.size()) {
      return base::Invalid(fmt::format("network.layers[{}]", i + 1), space.network.layers[i + 1].key, "no layer",
                           "nothing follows the classifier");
    }
  }
  return {};
}

}  // namespace nasshrink::space
