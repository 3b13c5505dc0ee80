// "autospace": a JSON list with the graph matrix (space/autospace_graph.h) of every layer.
#include <algorithm>

#include "base/json_text.h"
#include "space/autospace_graph.h"
#include "space/notation_family.h"
#include "space/notation_text.h"

namespace nasshrink::space {
namespace {

const CellCandidate* CellOf(const Candidate& candidate) { return std::get_if<CellCandidate>(&candidate.body); }

bool Fits(const Space& space) {
  return std::all_of(space.choices.begin(), space.choices.end(), [](const Choice& choice) {
    return std::all_of(choice.candidates.begin(), choice.candidates.end(), [](const Candidate& candidate) {
      return CellOf(candidate) != nullptr && HasAutoSpaceGraph(*CellOf(candidate));
    });
  });
}

bool Recognises(const Space& /*space*/, std::string_view text) {
  TextReader reader(text);
  return reader.Take('[') && reader.Take('[');
}

base::Result<Architecture> Read(const Space& space, std::string_view text) {
  NASSHRINK_ASSIGN_OR_RETURN(const base::JsonDocument document, base::JsonDocument::Parse(text));
  const base::JsonView graphs = document.root("layers");
  if (graphs.Size() != space.choices.size()) {
    return graphs.Wrong(fmt::format("a list of {} graph matrices", space.choices.size()),
                        "an architecture has a graph a layer");
  }
  Architecture architecture;
  for (size_t i = 0; i < space.choices.size(); ++i) {
    NASSHRINK_ASSIGN_OR_RETURN(const base::JsonView graph, graphs.Item(i));
    NASSHRINK_ASSIGN_OR_RETURN(const CellCandidate cell, ReadAutoSpaceGraph(graph));
    const std::string wanted = AutoSpaceGraphText(cell);
    const auto found = FindAlive(
        space.choices[i], [&](const Candidate& candidate) { return AutoSpaceGraphText(*CellOf(candidate)) == wanted; });
    if (!found) {
      return base::Invalid(graph.path(), wanted, "a cell that is alive",
                           fmt::format("names no alive cell of choice '{}'", space.choices[i].key));
    }
    architecture.push_back(*found);
  }
  return architecture;
}

base::Result<std::string> Write(const Space& space, const Architecture& architecture) {
  std::string text = "[";
  for (size_t i = 0; i < architecture.size(); ++i) {
    if (i > 0) text += ',';
    text += AutoSpaceGraphText(*CellOf(space.choices[i].candidates[architecture[i]]));
  }
  return text + "]";
}

}  // namespace

NotationFamily AutoSpaceGraphs() {
  return {"autospace", "a JSON list with the graph matrix of every layer's cell, as in AutoSpace's files",
          Fits,        Recognises,
          Read,        Write};
}

}  // namespace nasshrink::space
