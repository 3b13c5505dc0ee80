#include "space/validate.h"

#include <algorithm>
#include <set>

#include "base/utf8.h"
#include "space/operators.h"
#include "space/uses.h"
#include "space/validate_network.h"

namespace nasshrink::space {
namespace {

using Where = ChoiceUse::Where;

base::Status CheckSubset(const Space& space, const EdgeSubset& subset, const ChoiceUse& use, const std::string& field) {
  const Cell& cell = space.network.cells[use.container];
  const uint32_t node = cell.node_inputs[use.index].node;
  if (subset.edges.empty()) return base::Invalid(field + ".edges", 0, "1 or more", "a node keeps at least one edge");
  for (size_t i = 0; i < subset.edges.size(); ++i) {
    const std::string path = fmt::format("{}.edges[{}]", field, i);
    const uint32_t edge = subset.edges[i];
    if (edge >= cell.edges.size() || cell.edges[edge].to != node) {
      return base::Invalid(path, edge, fmt::format("an edge into node {} of cell '{}'", node, cell.key),
                           "names no edge into the node");
    }
    if (i > 0 && edge <= subset.edges[i - 1]) {
      return base::Invalid(path, edge, fmt::format("above {}", subset.edges[i - 1]), "edges ascend, each once");
    }
  }
  return {};
}

base::Status CheckCandidateEdges(const CellCandidate& cell, const std::string& field, std::vector<uint32_t>* incoming) {
  for (size_t e = 0; e < cell.edges.size(); ++e) {
    const CandidateEdge& edge = cell.edges[e];
    const std::string path = fmt::format("{}.edges[{}]", field, e);
    if (edge.to >= cell.nodes || edge.from >= edge.to) {
      return base::Invalid(path, fmt::format("{}<-{}", edge.to, edge.from),
                           fmt::format("forward, below {}", cell.nodes), "edges go forward between the cell's nodes");
    }
    if (e > 0 && std::pair(edge.to, edge.from) <= std::pair(cell.edges[e - 1].to, cell.edges[e - 1].from)) {
      return base::Invalid(path, fmt::format("{}<-{}", edge.to, edge.from),
                           fmt::format("after {}<-{}", cell.edges[e - 1].to, cell.edges[e - 1].from),
                           "edges ascend by (to, from), each once");
    }
    NASSHRINK_RETURN_IF_ERROR(CheckOperator(edge.op, kOnEdge, path + ".op"));
    ++(*incoming)[edge.to];
  }
  return {};
}

base::Status CheckCellCandidate(const CellCandidate& cell, const std::string& field) {
  if (cell.nodes < 2 || cell.nodes > kMaxCandidateNodes) {
    return base::Invalid(field + ".nodes", cell.nodes, fmt::format("2..{}", kMaxCandidateNodes),
                         "the size is out of range");
  }
  if (cell.ratio < 1 || cell.ratio > kMaxRatio) {
    return base::Invalid(field + ".ratio", cell.ratio, fmt::format("1..{}", kMaxRatio), "the ratio is out of range");
  }
  if (cell.edges.empty()) return base::Invalid(field + ".edges", 0, "1 or more", "a cell needs edges");
  std::vector<uint32_t> incoming(cell.nodes, 0);
  NASSHRINK_RETURN_IF_ERROR(CheckCandidateEdges(cell, field, &incoming));
  const auto merging = std::count_if(incoming.begin(), incoming.end(), [](uint32_t edges) { return edges > 1; });
  if (cell.merges.size() != static_cast<size_t>(merging)) {
    return base::Invalid(field + ".merges", cell.merges.size(), fmt::format("{}", merging),
                         "one merge function for each node with several incoming edges");
  }
  return {};
}

base::Status CheckGrammar(const CellGrammar& grammar, const std::string& field) {
  if (grammar.nodes < 2 || grammar.nodes > kMaxCandidateNodes) {
    return base::Invalid(field + ".nodes", grammar.nodes, fmt::format("2..{}", kMaxCandidateNodes),
                         "the size is out of range");
  }
  const auto some = [&](const char* name, size_t count, size_t most) -> base::Status {
    if (count >= 1 && count <= most) return {};
    return base::Invalid(fmt::format("{}.{}", field, name), count, fmt::format("1..{}", most),
                         "the number is out of range");
  };
  NASSHRINK_RETURN_IF_ERROR(some("operators", grammar.operators.size(), kMaxCandidates));
  NASSHRINK_RETURN_IF_ERROR(some("ratios", grammar.ratios.size(), kMaxRatio));
  NASSHRINK_RETURN_IF_ERROR(some("merges", grammar.merges.size(), 2));
  for (size_t i = 0; i < grammar.operators.size(); ++i) {
    NASSHRINK_RETURN_IF_ERROR(CheckOperator(grammar.operators[i], kOnEdge, fmt::format("{}.operators[{}]", field, i)));
  }
  for (size_t i = 0; i < grammar.ratios.size(); ++i) {
    const uint32_t above = i == 0 ? 0 : grammar.ratios[i - 1];
    if (grammar.ratios[i] > above && grammar.ratios[i] <= kMaxRatio) continue;
    return base::Invalid(fmt::format("{}.ratios[{}]", field, i), grammar.ratios[i],
                         fmt::format("{}..{}", above + 1, kMaxRatio), "ratios ascend, each once");
  }
  if (grammar.merges.size() == 2 && grammar.merges[0] >= grammar.merges[1]) {
    return base::Invalid(field + ".merges", grammar.merges.size(), "ascending, each once",
                         "a merge function is named twice");
  }
  return {};
}

// Fields of a candidate are named relative to it: its path is put together for a candidate at fault alone.
base::Status CheckBody(const Space& space, const Candidate& candidate, const std::vector<ChoiceUse>& uses) {
  for (const ChoiceUse& use : uses) {
    const auto* op = std::get_if<OperatorDef>(&candidate.body);
    const auto* subset = std::get_if<EdgeSubset>(&candidate.body);
    const auto* cell = std::get_if<CellCandidate>(&candidate.body);
    if (op != nullptr && use.where != Where::kNodeInputs) {
      NASSHRINK_RETURN_IF_ERROR(CheckOperator(*op, use.where == Where::kEdge ? kOnEdge : kAsLayer, "op"));
    } else if (subset != nullptr && use.where == Where::kNodeInputs) {
      NASSHRINK_RETURN_IF_ERROR(CheckSubset(space, *subset, use, "edges"));
    } else if (cell != nullptr && use.where == Where::kLayer) {
      NASSHRINK_RETURN_IF_ERROR(CheckCellCandidate(*cell, "cell"));
    } else {
      constexpr const char* kBodies[] = {"op", "cell", "edges"};
      constexpr const char* kAllowed[] = {"op or cell", "op", "edges"};
      return base::Invalid("body", kBodies[candidate.body.index()], kAllowed[static_cast<size_t>(use.where)],
                           "the candidate does not fit where its choice is used");
    }
  }
  return {};
}

base::Status CheckCandidate(const Space& space, const Candidate& candidate, const std::vector<ChoiceUse>& uses,
                            std::set<int32_t>* codes) {
  NASSHRINK_RETURN_IF_ERROR(CheckText(candidate.label, "label"));
  if (!codes->insert(candidate.code).second) {
    return base::Invalid("code", candidate.code, "a new code", "two candidates of the choice have one code");
  }
  return CheckBody(space, candidate, uses);
}

base::Status CheckCandidates(const Space& space, const Choice& choice, const std::vector<ChoiceUse>& uses,
                             const std::string& field) {
  std::set<int32_t> codes;
  for (size_t c = 0; c < choice.candidates.size(); ++c) {
    base::Status status = CheckCandidate(space, choice.candidates[c], uses, &codes);
    if (!status.ok()) return std::move(status).Under(fmt::format("{}.candidates[{}].", field, c));
  }
  return {};
}

base::Status CheckAlive(const Choice& choice, const std::string& field) {
  if (choice.alive.empty()) {
    return base::Invalid(field + ".alive", 0, "1 or more", "a choice keeps at least one candidate");
  }
  for (size_t i = 0; i < choice.alive.size(); ++i) {
    const std::string path = fmt::format("{}.alive[{}]", field, i);
    if (choice.alive[i] >= choice.candidates.size()) {
      return base::Invalid(path, choice.alive[i], fmt::format("0..{}", choice.candidates.size() - 1),
                           "names no candidate");
    }
    if (i > 0 && choice.alive[i] <= choice.alive[i - 1]) {
      return base::Invalid(path, choice.alive[i], fmt::format("above {}", choice.alive[i - 1]),
                           "alive candidates ascend, each once");
    }
  }
  return {};
}

base::Status CheckOpenChoice(const Choice& choice, const std::vector<ChoiceUse>& uses, const std::string& field) {
  if (!choice.candidates.empty() || !choice.alive.empty()) {
    return base::Invalid(field + ".candidates", choice.candidates.size(), "none beside a grammar",
                         "a choice lists its candidates or describes them, not both");
  }
  for (const ChoiceUse& use : uses) {
    if (use.where != Where::kLayer) {
      return base::Invalid(field + ".grammar", choice.key, "listed candidates", "an open cell is a layer");
    }
  }
  return CheckGrammar(choice.grammar.front(), field + ".grammar");
}

base::Status CheckChoice(const Space& space, size_t index, const std::vector<ChoiceUse>& uses) {
  const Choice& choice = space.choices[index];
  const std::string field = fmt::format("choices[{}]", index);
  NASSHRINK_RETURN_IF_ERROR(CheckText(choice.key, field + ".key"));
  if (choice.key.empty()) return base::Invalid(field + ".key", "", "1 byte or more", "a choice needs a key");
  if (uses.empty()) {
    return base::Invalid(field, choice.key, "a choice of a layer, an edge or a node's inputs",
                         "the choice is used nowhere");
  }
  const auto picks =
      std::count_if(uses.begin(), uses.end(), [](const ChoiceUse& use) { return use.where == Where::kNodeInputs; });
  if (picks > 0 && uses.size() > 1) {
    return base::Invalid(field, uses.size(), "1", "the choice of a node's inputs is used more than once");
  }
  if (!choice.grammar.empty()) return CheckOpenChoice(choice, uses, field);
  if (choice.candidates.empty() || choice.candidates.size() > kMaxCandidates) {
    return base::Invalid(field + ".candidates", choice.candidates.size(), fmt::format("1..{}", kMaxCandidates),
                         "the number of candidates is out of range");
  }
  NASSHRINK_RETURN_IF_ERROR(CheckCandidates(space, choice, uses, field));
  return CheckAlive(choice, field);
}

base::Status CheckChoices(const Space& space) {
  const auto uses = UsesOfChoices(space);
  std::set<std::string_view> keys;
  for (size_t i = 0; i < space.choices.size(); ++i) {
    NASSHRINK_RETURN_IF_ERROR(CheckChoice(space, i, uses[i]));
    if (!keys.insert(space.choices[i].key).second) {
      return base::Invalid(fmt::format("choices[{}].key", i), space.choices[i].key, "a new key",
                           "two choices have one key");
    }
  }
  return {};
}

base::Status CheckGroups(const Space& space) {
  std::vector<bool> grouped(space.choices.size(), false);
  for (size_t g = 0; g < space.sharing_groups.size(); ++g) {
    const std::vector<uint32_t>& group = space.sharing_groups[g];
    const std::string field = fmt::format("sharing_groups[{}]", g);
    if (group.size() < 2) {
      return base::Invalid(field + ".choices", group.size(), "2 or more", "a group shares something");
    }
    if (g > 0 && group.front() <= space.sharing_groups[g - 1].front()) {
      return base::Invalid(field, group.front(), fmt::format("above {}", space.sharing_groups[g - 1].front()),
                           "groups ascend by their first choice");
    }
    for (size_t i = 0; i < group.size(); ++i) {
      const std::string path = fmt::format("{}.choices[{}]", field, i);
      if (group[i] >= space.choices.size()) {
        return base::Invalid(path, group[i], fmt::format("0..{}", space.choices.size() - 1), "names no choice");
      }
      if (i > 0 && group[i] <= group[i - 1]) {
        return base::Invalid(path, group[i], fmt::format("above {}", group[i - 1]), "choices ascend, each once");
      }
      if (grouped[group[i]]) {
        return base::Invalid(path, group[i], "a choice of no other group", "a choice is in at most one group");
      }
      grouped[group[i]] = true;
    }
  }
  return {};
}

}  // namespace

base::Status CheckText(std::string_view text, std::string_view field, size_t max_bytes) {
  if (text.size() > max_bytes) {
    return base::Invalid(field, fmt::format("{} bytes", text.size()), fmt::format("up to {} bytes", max_bytes),
                         "the text is too long");
  }
  for (std::string_view rest = text; !rest.empty();) {
    const size_t length = base::Utf8CharacterSize(rest);
    if (length == 0) {
      return base::Invalid(field, fmt::format("byte {:#04x}", static_cast<unsigned char>(rest.front())), "UTF-8",
                           "the text is not UTF-8");
    }
    rest.remove_prefix(length);
  }
  return {};
}

base::Status Validate(const Space& space) {
  NASSHRINK_RETURN_IF_ERROR(CheckText(space.name, "name"));
  if (space.choices.empty() || space.choices.size() > kMaxChoices) {
    return base::Invalid("choices", space.choices.size(), fmt::format("1..{}", kMaxChoices),
                         "the number of choices is out of range");
  }
  NASSHRINK_RETURN_IF_ERROR(CheckNetwork(space));
  NASSHRINK_RETURN_IF_ERROR(CheckChoices(space));
  NASSHRINK_RETURN_IF_ERROR(CheckGroups(space));
  return CheckSizes(space, space.network.input_height, space.network.input_width);
}

}  // namespace nasshrink::space
