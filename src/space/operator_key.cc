#include "space/operator_key.h"

#include <fmt/format.h>

namespace nasshrink::space {
namespace {

std::string TextOf(const std::vector<Attribute>& attributes) {
  std::string text;
  for (const Attribute& attribute : attributes) {
    std::visit([&](const auto& value) { text += fmt::format(" {}={}", attribute.name, value); }, attribute.value);
  }
  return text;
}

std::string TextOf(const OperatorDef& op) {
  std::string text = op.kind;
  if (!op.graph.empty()) {
    text += '[';
    for (const Primitive& primitive : op.graph) {
      if (&primitive != &op.graph.front()) text += "; ";
      text += primitive.kind;
      for (const uint32_t input : primitive.inputs) text += fmt::format("<{}", input);
      text += TextOf(primitive.attributes);
    }
    text += ']';
  }
  return text + TextOf(op.attributes);
}

std::string TextOf(const CellCandidate& cell) {
  std::string text = fmt::format("cell[nodes={} ratio={}", cell.nodes, cell.ratio);
  for (const Merge& merge : cell.merges) {
    text += &merge == &cell.merges.front() ? " merges=" : "+";
    text += merge == Merge::kSum ? "sum" : "product";
  }
  for (const CandidateEdge& edge : cell.edges) text += fmt::format("; {}<{} {}", edge.to, edge.from, TextOf(edge.op));
  return text + "]";
}

std::string TextOf(const Shape& shape) { return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width); }

std::string At(std::string_view what, const OperatorPlace& place) {
  return fmt::format("{} in={} out={} stride={}", what, TextOf(place.in), TextOf(place.out), place.stride);
}

}  // namespace

std::string OperatorKey(const std::variant<OperatorDef, CellCandidate>& body, const OperatorPlace& place) {
  return At(std::visit([](const auto& one) { return TextOf(one); }, body), place);
}

std::string LabelKey(std::string_view label, const OperatorPlace& place) {
  return At(fmt::format("label {}", label), place);
}

}  // namespace nasshrink::space
