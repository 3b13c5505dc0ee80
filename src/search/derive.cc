#include "search/derive.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace nasshrink::search {
namespace {

using Probabilities = std::vector<std::vector<double>>;

// The most probable alive candidate, path-breaking ones only where there is nothing else.
uint32_t Strongest(const space::Choice& choice, const std::vector<double>& probabilities) {
  std::optional<uint32_t> best;
  for (const uint32_t candidate : choice.alive) {
    if (space::BreaksPath(choice.candidates[candidate])) continue;
    if (!best || probabilities[candidate] > probabilities[*best]) best = candidate;
  }
  return best.value_or(choice.alive[0]);
}

uint32_t Argmax(const space::Choice& choice, const std::vector<double>& probabilities) {
  uint32_t best = choice.alive[0];
  for (const uint32_t candidate : choice.alive) {
    if (probabilities[candidate] > probabilities[best]) best = candidate;
  }
  return best;
}

bool Connects(const space::Choice& choice, uint32_t candidate) {
  return !space::BreaksPath(choice.candidates[candidate]);
}

double StrengthOf(const space::Space& space, const Probabilities& probabilities, uint32_t choice) {
  const uint32_t candidate = Strongest(space.choices[choice], probabilities[choice]);
  return Connects(space.choices[choice], candidate) ? probabilities[choice][candidate] : -1;
}

// The alive subset of a node's incoming edges whose edges are strongest together: for subsets of equal size, those with
// the strongest edges.
uint32_t BestSubset(const space::Space& space, const space::Cell& cell, const space::Choice& choice,
                    const Probabilities& probabilities) {
  uint32_t best = choice.alive[0];
  std::vector<double> best_strengths;
  for (const uint32_t candidate : choice.alive) {
    const auto& subset = std::get<space::EdgeSubset>(choice.candidates[candidate].body);
    std::vector<double> strengths;
    for (const uint32_t edge : subset.edges) {
      strengths.push_back(StrengthOf(space, probabilities, cell.edges[edge].choice));
    }
    std::sort(strengths.rbegin(), strengths.rend());
    if (best_strengths.empty() || strengths > best_strengths) {
      best = candidate;
      best_strengths = std::move(strengths);
    }
  }
  return best;
}

// Breaks all incoming edges of a node but the strongest, where they can be broken.
void KeepStrongest(const space::Space& space, const space::Cell& cell, uint32_t node, uint32_t keep,
                   const Probabilities& probabilities, space::Architecture* architecture) {
  std::vector<std::pair<double, uint32_t>> edges;  // strength, choice
  for (const space::CellEdge& edge : cell.edges) {
    if (edge.to == node) edges.emplace_back(StrengthOf(space, probabilities, edge.choice), edge.choice);
  }
  std::stable_sort(edges.begin(), edges.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (size_t i = keep; i < edges.size(); ++i) {
    const space::Choice& choice = space.choices[edges[i].second];
    for (const uint32_t candidate : choice.alive) {
      if (!Connects(choice, candidate)) (*architecture)[edges[i].second] = candidate;
    }
  }
}

space::Architecture DeriveDarts(const space::Space& space, const Probabilities& probabilities, uint32_t keep) {
  space::Architecture architecture;
  for (size_t i = 0; i < space.choices.size(); ++i) {
    const space::Choice& choice = space.choices[i];
    const bool operators = choice.candidates[choice.alive[0]].op() != nullptr;
    architecture.push_back(operators ? Strongest(choice, probabilities[i]) : Argmax(choice, probabilities[i]));
  }
  for (const space::Cell& cell : space.network.cells) {
    for (uint32_t node = cell.inputs; node < cell.nodes; ++node) {
      const auto own = std::find_if(cell.node_inputs.begin(), cell.node_inputs.end(),
                                    [&](const space::NodeInputs& inputs) { return inputs.node == node; });
      if (own != cell.node_inputs.end()) {
        architecture[own->choice] = BestSubset(space, cell, space.choices[own->choice], probabilities);
      } else {
        KeepStrongest(space, cell, node, keep, probabilities, &architecture);
      }
    }
  }
  return architecture;
}

bool KeepsEdge(const space::Space& space, const space::Cell& cell, const space::Architecture& architecture,
               uint32_t edge) {
  for (const space::NodeInputs& inputs : cell.node_inputs) {
    if (inputs.node != cell.edges[edge].to) continue;
    const auto& kept =
        std::get<space::EdgeSubset>(space.choices[inputs.choice].candidates[architecture[inputs.choice]].body).edges;
    return std::find(kept.begin(), kept.end(), edge) != kept.end();
  }
  return true;
}

// Choices of the first cell whose derived candidate is an identity on an edge that is kept.
std::vector<uint32_t> Identities(const space::Space& space, const space::Architecture& architecture) {
  std::vector<uint32_t> choices;
  const space::Cell& cell = space.network.cells[0];
  for (uint32_t e = 0; e < cell.edges.size(); ++e) {
    const uint32_t choice = cell.edges[e].choice;
    const space::OperatorDef* op = space.choices[choice].candidates[architecture[choice]].op();
    if (op != nullptr && op->kind == "identity" && KeepsEdge(space, cell, architecture, e)) choices.push_back(choice);
  }
  return choices;
}

base::Status Check(const space::Space& space, const Probabilities& probabilities) {
  if (probabilities.size() != space.choices.size()) {
    return base::Invalid("probabilities", probabilities.size(), fmt::format("{}", space.choices.size()),
                         "is not one list a choice");
  }
  for (size_t i = 0; i < probabilities.size(); ++i) {
    if (probabilities[i].size() == space.choices[i].candidates.size()) continue;
    return base::Invalid(fmt::format("probabilities[{}]", i), probabilities[i].size(),
                         fmt::format("{}", space.choices[i].candidates.size()), "is not one number a candidate");
  }
  return {};
}

}  // namespace

base::Result<space::Architecture> Derive(const space::Space& space, const Probabilities& probabilities,
                                         const DeriveOptions& options) {
  NASSHRINK_RETURN_IF_ERROR(Check(space, probabilities));
  if (options.rule == DeriveOptions::Rule::kArgmax) {
    space::Architecture architecture;
    for (size_t i = 0; i < space.choices.size(); ++i) {
      architecture.push_back(Argmax(space.choices[i], probabilities[i]));
    }
    return architecture;
  }
  Probabilities left = probabilities;
  space::Architecture architecture = DeriveDarts(space, left, options.edges_per_node);
  if (space.network.cells.empty()) return architecture;
  while (true) {
    const std::vector<uint32_t> identities = Identities(space, architecture);
    if (identities.size() <= options.most_identities) return architecture;
    const uint32_t weakest = *std::min_element(identities.begin(), identities.end(), [&](uint32_t a, uint32_t b) {
      return left[a][architecture[a]] < left[b][architecture[b]];
    });
    left[weakest][architecture[weakest]] = 0;
    const space::Architecture before = std::exchange(architecture, DeriveDarts(space, left, options.edges_per_node));
    // Nothing but identities is left there.
    if (architecture == before) return architecture;
  }
}

}  // namespace nasshrink::search
