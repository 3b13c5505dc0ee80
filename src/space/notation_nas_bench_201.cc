// "nas-bench-201": "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...|", Dong and Yang (ICLR 2020).
#include "space/notation_family.h"
#include "space/notation_text.h"

namespace nasshrink::space {
namespace {

// One cell as a complete graph with one input and one output, whose edges are all the choices, in order.
bool Fits(const Space& space) {
  const Network& network = space.network;
  if (network.cells.size() != 1) return false;
  const Cell& cell = network.cells.front();
  const size_t edges = size_t{cell.nodes} * (cell.nodes - 1) / 2;
  if (cell.inputs != 1 || !cell.node_inputs.empty() || cell.edges.size() != edges || space.choices.size() != edges) {
    return false;
  }
  for (uint32_t e = 0; e < edges; ++e) {
    if (cell.edges[e].choice != e) return false;
    for (const Candidate& candidate : space.choices[e].candidates) {
      if (candidate.label.empty() || candidate.label.find_first_of("|~+ \t\r\n") != std::string::npos) return false;
    }
  }
  return true;
}

bool Recognises(const Space& /*space*/, std::string_view text) {
  return text.find_first_of("|~") != std::string_view::npos;
}

// "label~from|", without the first bar.
base::Result<uint32_t> ReadEdge(const Choice& choice, uint32_t from, std::string_view text, size_t* position) {
  TextReader reader(text);
  const size_t end = std::min(text.find_first_of("|~+", *position), text.size());
  const std::string_view label = text.substr(*position, end - *position);
  const auto found = FindAlive(choice, [&](const Candidate& one) { return one.label == label; });
  if (!found) {
    return base::Invalid(fmt::format("text[{}]", *position), Shown(label), AliveLabels(choice),
                         fmt::format("names no alive operator of edge '{}'", choice.key));
  }
  const std::string tail = fmt::format("~{}|", from);
  if (text.substr(end, tail.size()) != tail) {
    return reader.Wrong(end, fmt::format("'{}'", tail), fmt::format("edge '{}' comes from node {}", choice.key, from));
  }
  *position = end + tail.size();
  return *found;
}

base::Result<Architecture> Read(const Space& space, std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  TextReader reader(text);
  size_t position = reader.position();
  const size_t last = text.find_last_not_of(kBlanks);
  const std::string_view body = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  Architecture architecture;
  for (const CellEdge& edge : space.network.cells.front().edges) {
    const std::string_view opening = edge.from > 0 ? "" : edge.to > 1 ? "+|" : "|";
    if (body.substr(std::min(position, body.size()), opening.size()) != opening) {
      return reader.Wrong(position, fmt::format("'{}'", opening),
                          fmt::format("node {} has an operator for each earlier node", edge.to));
    }
    position += opening.size();
    NASSHRINK_ASSIGN_OR_RETURN(const uint32_t candidate,
                               ReadEdge(space.choices[architecture.size()], edge.from, body, &position));
    architecture.push_back(candidate);
  }
  if (position != body.size()) return reader.Wrong(position, "the end of the text", "the cell has no further edges");
  return architecture;
}

base::Result<std::string> Write(const Space& space, const Architecture& architecture) {
  std::string text;
  for (const CellEdge& edge : space.network.cells.front().edges) {
    if (edge.from == 0) text += edge.to > 1 ? "+|" : "|";
    text += fmt::format("{}~{}|", space.choices[edge.choice].candidates[architecture[edge.choice]].label, edge.from);
  }
  return text;
}

}  // namespace

NotationFamily NasBench201Cell() {
  return {"nas-bench-201",
          "the strings of NAS-Bench-201: \"|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...|\"",
          Fits,
          Recognises,
          Read,
          Write};
}

}  // namespace nasshrink::space
