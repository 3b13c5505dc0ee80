#include "space/notation.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "space/architecture.h"

namespace nasshrink::space {
namespace {

constexpr std::string_view kOps = "ops";
constexpr std::string_view kIndices = "indices";
constexpr std::string_view kNasBench201 = "nas-bench-201";

// One cell as a complete graph with one input and one output, whose edges are all the choices, in order.
bool HasNasBench201Form(const Space& space) {
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
      if (candidate.label.empty() || candidate.label.find_first_of("|~+") != std::string::npos) return false;
    }
  }
  return true;
}

std::vector<std::string_view> Words(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t begin = text.find_first_not_of(separators);
    if (begin == std::string_view::npos) return words;
    const size_t end = std::min(text.find_first_of(separators, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
}

std::optional<int64_t> NumberIn(std::string_view word) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

std::string AliveNames(const Choice& choice, bool labels) {
  std::string names;
  for (const uint32_t candidate : choice.alive) {
    if (!names.empty()) names += ", ";
    names += labels ? choice.candidates[candidate].label : fmt::format("{}", choice.candidates[candidate].code);
  }
  return names;
}

// The alive candidate that `matches`; -1 when there is none.
template <typename Matches>
int64_t FindAlive(const Choice& choice, const Matches& matches) {
  for (const uint32_t candidate : choice.alive) {
    if (matches(choice.candidates[candidate])) return candidate;
  }
  return -1;
}

// Words of people end up in error messages, so they are cut to a readable length.
std::string Shown(std::string_view word) {
  constexpr size_t kShown = 40;
  std::string shown(word.substr(0, kShown));
  for (char& c : shown) {
    if (c < ' ' || c > '~') c = '?';
  }
  return shown;
}

base::Result<Architecture> ImportNumbers(const Space& space, std::string_view text, bool codes) {
  const std::vector<std::string_view> words = Words(text, " ,\t\r\n");
  if (words.size() != space.choices.size()) {
    return base::Invalid("text", words.size(), fmt::format("{} numbers", space.choices.size()),
                         "an architecture has one operator a choice");
  }
  Architecture architecture;
  for (size_t i = 0; i < words.size(); ++i) {
    const Choice& choice = space.choices[i];
    const auto number = NumberIn(words[i]);
    int64_t found = -1;
    if (number && codes) found = FindAlive(choice, [&](const Candidate& one) { return one.code == *number; });
    if (number && !codes) {
      const auto alive = std::find(choice.alive.begin(), choice.alive.end(), *number);
      if (alive != choice.alive.end()) found = *alive;
    }
    if (found < 0) {
      return base::Invalid(fmt::format("text[{}]", i), Shown(words[i]),
                           codes ? AliveNames(choice, false) : fmt::format("{}", fmt::join(choice.alive, ", ")),
                           fmt::format("names no alive operator of choice '{}'", choice.key));
    }
    architecture.push_back(static_cast<uint32_t>(found));
  }
  return architecture;
}

base::Result<uint32_t> ImportEdge(const Choice& choice, std::string_view word, uint32_t from) {
  const size_t tilde = word.find('~');
  const auto source = tilde == std::string_view::npos ? std::nullopt : NumberIn(word.substr(tilde + 1));
  if (!source || *source != from) {
    return base::Invalid("text", Shown(word), fmt::format("operator~{}", from),
                         fmt::format("edge '{}' is not written as it should be", choice.key));
  }
  const std::string_view label = word.substr(0, tilde);
  const int64_t found = FindAlive(choice, [&](const Candidate& one) { return one.label == label; });
  if (found < 0) {
    return base::Invalid("text", Shown(label), AliveNames(choice, true),
                         fmt::format("names no alive operator of edge '{}'", choice.key));
  }
  return static_cast<uint32_t>(found);
}

base::Result<Architecture> ImportNasBench201(const Space& space, std::string_view text) {
  const uint32_t nodes = space.network.cells.front().nodes;
  const std::vector<std::string_view> groups = Words(text, "+ \t\r\n");
  if (groups.size() != nodes - 1) {
    return base::Invalid("text", groups.size(), fmt::format("{} groups", nodes - 1), "the string has a group a node");
  }
  Architecture architecture;
  for (uint32_t node = 1; node < nodes; ++node) {
    const std::vector<std::string_view> words = Words(groups[node - 1], "|");
    if (words.size() != node) {
      return base::Invalid("text", Shown(groups[node - 1]), fmt::format("{} operators", node),
                           fmt::format("node {} has an operator for each earlier node", node));
    }
    for (uint32_t from = 0; from < node; ++from) {
      NASSHRINK_ASSIGN_OR_RETURN(const uint32_t candidate,
                                 ImportEdge(space.choices[architecture.size()], words[from], from));
      architecture.push_back(candidate);
    }
  }
  return architecture;
}

std::string ExportNasBench201(const Space& space, const Architecture& architecture) {
  std::string text;
  for (const CellEdge& edge : space.network.cells.front().edges) {
    if (edge.from == 0) text += edge.to > 1 ? "+|" : "|";
    text += fmt::format("{}~{}|", space.choices[edge.choice].candidates[architecture[edge.choice]].label, edge.from);
  }
  return text;
}

base::Status CheckFormat(const Space& space, std::string_view format) {
  const std::vector<std::string> formats = Formats(space);
  if (std::find(formats.begin(), formats.end(), format) != formats.end()) return {};
  return base::Invalid("format", Shown(format), fmt::format("{}", fmt::join(formats, ", ")),
                       "the space has no such notation");
}

}  // namespace

std::vector<std::string> Formats(const Space& space) {
  std::vector<std::string> formats = {std::string(kOps), std::string(kIndices)};
  if (HasNasBench201Form(space)) formats.emplace_back(kNasBench201);
  return formats;
}

base::Result<Architecture> ImportArchitecture(const Space& space, std::string_view format, std::string_view text) {
  NASSHRINK_RETURN_IF_ERROR(CheckListed(space));
  if (format.empty()) format = text.find_first_of("|~") != std::string_view::npos ? kNasBench201 : kOps;
  NASSHRINK_RETURN_IF_ERROR(CheckFormat(space, format));
  if (format == kNasBench201) return ImportNasBench201(space, text);
  return ImportNumbers(space, text, format == kOps);
}

base::Result<std::string> ExportArchitecture(const Space& space, const Architecture& architecture,
                                             std::string_view format) {
  NASSHRINK_RETURN_IF_ERROR(CheckArchitecture(space, architecture));
  if (format.empty()) format = kOps;
  NASSHRINK_RETURN_IF_ERROR(CheckFormat(space, format));
  if (format == kNasBench201) return ExportNasBench201(space, architecture);
  if (format == kIndices) return fmt::format("{}", fmt::join(architecture, " "));
  return CodesOf(space, architecture);
}

}  // namespace nasshrink::space
