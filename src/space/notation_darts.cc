// "darts": genotypes as Python writes them (Liu, Simonyan and Yang, ICLR 2019); their text: space/genotype_text.h.
//
// Two kinds of spaces can be written: nodes that choose two of their edges (each pair of entries is a node's), and
// cells that keep all edges but have "none" among their operators, where an edge that is not listed has "none". Cells
// that share their choices take one genotype for both.
#include <fmt/ranges.h>

#include <algorithm>

#include "space/genotype_text.h"
#include "space/notation_family.h"
#include "space/notation_text.h"
#include "space/uses.h"

namespace nasshrink::space {
namespace {

constexpr size_t kInputsOfNode = 2;
constexpr std::string_view kNone = "none";

bool KeepsSomeEdges(const Cell& cell) { return !cell.node_inputs.empty(); }

// Every node that computes picks pairs of its edges.
bool PicksPairs(const Space& space, const Cell& cell) {
  if (cell.node_inputs.size() != cell.nodes - cell.inputs) return false;
  return std::all_of(cell.node_inputs.begin(), cell.node_inputs.end(), [&](const NodeInputs& inputs) {
    const std::vector<Candidate>& candidates = space.choices[inputs.choice].candidates;
    return std::all_of(candidates.begin(), candidates.end(), [](const Candidate& candidate) {
      const auto* subset = std::get_if<EdgeSubset>(&candidate.body);
      return subset != nullptr && subset->edges.size() == kInputsOfNode;
    });
  });
}

bool HasNone(const Choice& choice) {
  return std::any_of(choice.candidates.begin(), choice.candidates.end(),
                     [](const Candidate& candidate) { return candidate.label == kNone; });
}

bool CellFits(const Space& space, const Cell& cell) {
  if (cell.inputs != 2 || (KeepsSomeEdges(cell) && !PicksPairs(space, cell))) return false;
  return std::all_of(cell.edges.begin(), cell.edges.end(), [&](const CellEdge& edge) {
    const Choice& choice = space.choices[edge.choice];
    return (KeepsSomeEdges(cell) || HasNone(choice)) &&
           std::all_of(choice.candidates.begin(), choice.candidates.end(), [](const Candidate& candidate) {
             TextReader label(candidate.label);
             return !candidate.label.empty() && label.Word() == candidate.label;
           });
  });
}

bool SharesChoices(const Cell& a, const Cell& b) {
  return std::equal(a.edges.begin(), a.edges.end(), b.edges.begin(), b.edges.end(),
                    [](const CellEdge& x, const CellEdge& y) { return x.choice == y.choice; });
}

// A normal cell and a reduction cell. Their choices are all there are, and each is used once, or both cells keep all
// edges and have one table.
bool Fits(const Space& space) {
  const std::vector<Cell>& cells = space.network.cells;
  if (cells.size() != 2 || !CellFits(space, cells[0]) || !CellFits(space, cells[1])) return false;
  const bool shared = SharesChoices(cells[0], cells[1]);
  if (shared && (KeepsSomeEdges(cells[0]) || KeepsSomeEdges(cells[1]))) return false;
  const auto uses = UsesOfChoices(space);
  return std::all_of(uses.begin(), uses.end(), [&](const std::vector<ChoiceUse>& all) {
    return all.size() == (shared ? 2U : 1U) && all.front().where != ChoiceUse::Where::kLayer;
  });
}

bool Recognises(const Space& /*space*/, std::string_view text) {
  return text.find("Genotype") != std::string_view::npos;
}

// Writes one cell of a genotype into the candidates of an architecture.
class CellPlacer {
 public:
  CellPlacer(const Space& space, const Cell& cell, const GenotypeCell& text, const TextReader& reader)
      : space_(space), cell_(cell), text_(text), reader_(reader) {}

  base::Status Place(Architecture* architecture);

 private:
  base::Status CheckConcat() const;
  base::Status PlaceNode(uint32_t node, Architecture* architecture);
  // The edge from an entry's node; it may be listed once.
  base::Result<uint32_t> EdgeOf(const GenotypeEntry& entry, uint32_t node, const std::vector<uint32_t>& listed) const;
  base::Status PlaceOperator(const Choice& choice, const GenotypeEntry& entry, uint32_t* candidate) const;

  const Space& space_;
  const Cell& cell_;
  const GenotypeCell& text_;
  const TextReader& reader_;
};

base::Status CellPlacer::CheckConcat() const {
  if (!text_.concat_given) return {};
  std::vector<uint32_t> concat = text_.concat;
  std::sort(concat.begin(), concat.end());
  if (concat == cell_.outputs) return {};
  return reader_.Wrong(text_.concat_at, fmt::format("{}", fmt::join(cell_.outputs, ", ")),
                       fmt::format("cell '{}' concatenates other nodes", cell_.key));
}

base::Result<uint32_t> CellPlacer::EdgeOf(const GenotypeEntry& entry, uint32_t node,
                                          const std::vector<uint32_t>& listed) const {
  for (uint32_t e = 0; e < cell_.edges.size(); ++e) {
    if (cell_.edges[e].to != node || cell_.edges[e].from != entry.from) continue;
    if (std::find(listed.begin(), listed.end(), e) == listed.end()) return e;
    return reader_.Wrong(entry.from_at, "another node", fmt::format("node {} already has this input", node));
  }
  std::vector<uint32_t> nodes;
  for (const CellEdge& edge : cell_.edges) {
    if (edge.to == node) nodes.push_back(edge.from);
  }
  return reader_.Wrong(entry.from_at, fmt::format("{}", fmt::join(nodes, ", ")),
                       fmt::format("node {} has no such input", node));
}

base::Status CellPlacer::PlaceOperator(const Choice& choice, const GenotypeEntry& entry, uint32_t* candidate) const {
  const auto found = FindAlive(choice, [&](const Candidate& one) { return one.label == entry.label; });
  if (!found) {
    return reader_.Wrong(entry.at, AliveLabels(choice),
                         fmt::format("names no alive operator of choice '{}'", choice.key));
  }
  *candidate = *found;
  return {};
}

base::Status CellPlacer::PlaceNode(uint32_t node, Architecture* architecture) {
  const size_t first = size_t{node - cell_.inputs} * kInputsOfNode;
  std::vector<uint32_t> listed;
  for (size_t i = first; i < first + kInputsOfNode; ++i) {
    const GenotypeEntry& entry = text_.entries[i];
    NASSHRINK_ASSIGN_OR_RETURN(const uint32_t edge, EdgeOf(entry, node, listed));
    listed.push_back(edge);
    const uint32_t choice = cell_.edges[edge].choice;
    NASSHRINK_RETURN_IF_ERROR(PlaceOperator(space_.choices[choice], entry, &(*architecture)[choice]));
  }
  if (!KeepsSomeEdges(cell_)) return {};
  std::sort(listed.begin(), listed.end());
  const Choice& pairs = space_.choices[cell_.node_inputs[node - cell_.inputs].choice];
  const auto found = FindAlive(
      pairs, [&](const Candidate& candidate) { return std::get<EdgeSubset>(candidate.body).edges == listed; });
  if (!found) {
    return reader_.Wrong(text_.entries[first].from_at, "inputs that are alive",
                         fmt::format("choice '{}' has no such pair alive", pairs.key));
  }
  (*architecture)[cell_.node_inputs[node - cell_.inputs].choice] = *found;
  return {};
}

base::Status CellPlacer::Place(Architecture* architecture) {
  NASSHRINK_RETURN_IF_ERROR(CheckConcat());
  const uint32_t nodes = cell_.nodes - cell_.inputs;
  if (text_.entries.size() != nodes * kInputsOfNode) {
    const bool more = text_.entries.size() > nodes * kInputsOfNode;
    const size_t position = more                    ? text_.entries[nodes * kInputsOfNode].at
                            : text_.entries.empty() ? text_.at
                                                    : text_.end;
    return reader_.Wrong(position, fmt::format("{} pairs, two a node", nodes * kInputsOfNode),
                         fmt::format("cell '{}' is written with {} pairs", cell_.key, text_.entries.size()));
  }
  for (uint32_t node = cell_.inputs; node < cell_.nodes; ++node) {
    NASSHRINK_RETURN_IF_ERROR(PlaceNode(node, architecture));
  }
  return {};
}

// What edges hold that a genotype does not list.
Architecture Unlisted(const Space& space) {
  Architecture architecture;
  for (const Choice& choice : space.choices) architecture.push_back(choice.alive.front());
  for (const Cell& cell : space.network.cells) {
    if (KeepsSomeEdges(cell)) continue;
    for (const CellEdge& edge : cell.edges) {
      const Choice& choice = space.choices[edge.choice];
      const auto none = FindAlive(choice, [](const Candidate& one) { return one.label == kNone; });
      // Checked against what is listed later: the edge may be.
      architecture[edge.choice] = none.value_or(UINT32_MAX);
    }
  }
  return architecture;
}

base::Result<Architecture> Read(const Space& space, std::string_view text) {
  NASSHRINK_ASSIGN_OR_RETURN(const Genotype genotype, ReadGenotype(text));
  const TextReader reader(text);
  Architecture architecture = Unlisted(space);
  const std::vector<Cell>& cells = space.network.cells;
  NASSHRINK_RETURN_IF_ERROR(CellPlacer(space, cells[0], genotype.cells[0], reader).Place(&architecture));
  const Architecture normal = architecture;
  const bool shared = SharesChoices(cells[0], cells[1]);
  if (shared) architecture = Unlisted(space);
  NASSHRINK_RETURN_IF_ERROR(CellPlacer(space, cells[1], genotype.cells[1], reader).Place(&architecture));
  if (shared && architecture != normal) {
    return reader.Wrong(genotype.cells[1].at, "the same as normal", "both cells share one table of operators");
  }
  for (size_t i = 0; i < architecture.size(); ++i) {
    if (architecture[i] != UINT32_MAX) continue;
    return reader.Wrong(genotype.cells[0].at, fmt::format("an entry for '{}'", space.choices[i].key),
                        "an edge is not listed whose operator none is dropped");
  }
  return architecture;
}

bool IsKept(const Space& space, const Cell& cell, uint32_t edge, const Architecture& architecture) {
  const uint32_t choice = cell.edges[edge].choice;
  if (!KeepsSomeEdges(cell)) return space.choices[choice].candidates[architecture[choice]].label != kNone;
  const uint32_t inputs = cell.node_inputs[cell.edges[edge].to - cell.inputs].choice;
  const auto& kept = std::get<EdgeSubset>(space.choices[inputs].candidates[architecture[inputs]].body).edges;
  return std::find(kept.begin(), kept.end(), edge) != kept.end();
}

base::Result<std::string> WriteCell(const Space& space, const Cell& cell, const Architecture& architecture) {
  std::vector<std::string> entries;
  for (uint32_t node = cell.inputs; node < cell.nodes; ++node) {
    const size_t before = entries.size();
    for (uint32_t e = 0; e < cell.edges.size(); ++e) {
      if (cell.edges[e].to != node || !IsKept(space, cell, e, architecture)) continue;
      const uint32_t choice = cell.edges[e].choice;
      entries.push_back(
          fmt::format("('{}', {})", space.choices[choice].candidates[architecture[choice]].label, cell.edges[e].from));
    }
    if (entries.size() - before == kInputsOfNode) continue;
    return base::Invalid("format", "darts", "ops, indices",
                         fmt::format("a genotype has two inputs a node, and node {} of cell '{}' has {}", node,
                                     cell.key, entries.size() - before));
  }
  return fmt::format("[{}]", fmt::join(entries, ", "));
}

std::string WriteConcat(const Cell& cell) {
  const uint32_t first = cell.outputs.front();
  if (cell.outputs.back() - first + 1 == cell.outputs.size()) {
    return fmt::format("range({}, {})", first, cell.outputs.back() + 1);
  }
  return fmt::format("[{}]", fmt::join(cell.outputs, ", "));
}

base::Result<std::string> Write(const Space& space, const Architecture& architecture) {
  const std::vector<Cell>& cells = space.network.cells;
  NASSHRINK_ASSIGN_OR_RETURN(const std::string normal, WriteCell(space, cells[0], architecture));
  NASSHRINK_ASSIGN_OR_RETURN(const std::string reduce, WriteCell(space, cells[1], architecture));
  return fmt::format("Genotype(normal={}, normal_concat={}, reduce={}, reduce_concat={})", normal,
                     WriteConcat(cells[0]), reduce, WriteConcat(cells[1]));
}

}  // namespace

NotationFamily DartsGenotype() {
  return {"darts", "genotypes of DARTS as Python writes them: \"Genotype(normal=[('sep_conv_3x3', 0), ...], ...)\"",
          Fits,    Recognises,
          Read,    Write};
}

}  // namespace nasshrink::space
