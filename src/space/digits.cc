#include "space/digits.h"

#include <algorithm>

#include "space/count.h"
#include "space/uses.h"

namespace nasshrink::space {
namespace {

// The choices of the edges into `node` that are open under one subset: those used nowhere else.
std::vector<uint32_t> OpenChoices(const Cell& cell, const std::vector<uint32_t>& subset,
                                  const std::vector<std::vector<ChoiceUse>>& uses) {
  std::vector<uint32_t> open;
  for (const uint32_t edge : subset) {
    const uint32_t choice = cell.edges[edge].choice;
    if (uses[choice].size() == 1) open.push_back(choice);
  }
  return open;
}

Digit NodeDigit(const Space& space, const Cell& cell, const NodeInputs& inputs,
                const std::vector<std::vector<ChoiceUse>>& uses) {
  Digit digit;
  digit.choice = inputs.choice;
  const Choice& choice = space.choices[inputs.choice];
  for (const uint32_t candidate : choice.alive) {
    const auto* subset = std::get_if<EdgeSubset>(&choice.candidates[candidate].body);
    digit.open.push_back(OpenChoices(cell, subset->edges, uses));
  }
  for (const CellEdge& edge : cell.edges) {
    if (edge.to == inputs.node && uses[edge.choice].size() == 1) digit.edges.push_back(edge.choice);
  }
  return digit;
}

uint32_t FirstChoice(const Digit& digit) {
  uint32_t first = digit.choice;
  for (const uint32_t choice : digit.edges) first = std::min(first, choice);
  return first;
}

BigInt Product(const Space& space, const std::vector<uint32_t>& choices) {
  BigInt product = 1;
  for (const uint32_t choice : choices) product *= space.choices[choice].alive.size();
  return product;
}

// Among the alive candidates.
size_t PositionOf(const Choice& choice, uint32_t candidate) {
  return static_cast<size_t>(std::lower_bound(choice.alive.begin(), choice.alive.end(), candidate) -
                             choice.alive.begin());
}

}  // namespace

BigInt Digit::Size(const Space& space) const {
  const Choice& own = space.choices[choice];
  if (!own.grammar.empty()) return CellsOf(own.grammar.front());
  if (open.empty()) return own.alive.size();
  BigInt size = 0;
  for (const std::vector<uint32_t>& subset : open) size += Product(space, subset);
  return size;
}

void Digit::Write(const Space& space, BigInt index, Architecture* architecture) const {
  const std::vector<uint32_t>& alive = space.choices[choice].alive;
  if (open.empty()) {
    (*architecture)[choice] = alive[static_cast<size_t>(index)];
    return;
  }
  for (const uint32_t edge : edges) (*architecture)[edge] = space.choices[edge].alive.front();
  size_t subset = 0;
  for (BigInt size = Product(space, open[0]); index >= size; size = Product(space, open[subset])) {
    index -= size;
    ++subset;
  }
  (*architecture)[choice] = alive[subset];
  for (size_t i = open[subset].size(); i-- > 0;) {
    const std::vector<uint32_t>& operators = space.choices[open[subset][i]].alive;
    (*architecture)[open[subset][i]] = operators[static_cast<size_t>(index % operators.size())];
    index /= operators.size();
  }
}

BigInt Digit::Index(const Space& space, const Architecture& architecture) const {
  const size_t position = PositionOf(space.choices[choice], architecture[choice]);
  if (open.empty()) return position;
  BigInt before = 0;
  for (size_t subset = 0; subset < position; ++subset) before += Product(space, open[subset]);
  BigInt inside = 0;
  for (const uint32_t edge : open[position]) {
    inside *= space.choices[edge].alive.size();
    inside += PositionOf(space.choices[edge], architecture[edge]);
  }
  return before + inside;
}

std::vector<Digit> DigitsOf(const Space& space) {
  const auto uses = UsesOfChoices(space);
  std::vector<Digit> digits;
  std::vector<bool> taken(space.choices.size(), false);
  for (const Cell& cell : space.network.cells) {
    for (const NodeInputs& inputs : cell.node_inputs) {
      Digit digit = NodeDigit(space, cell, inputs, uses);
      taken[digit.choice] = true;
      for (const uint32_t edge : digit.edges) taken[edge] = true;
      digits.push_back(std::move(digit));
    }
  }
  for (uint32_t choice = 0; choice < space.choices.size(); ++choice) {
    if (taken[choice]) continue;
    Digit digit;
    digit.choice = choice;
    digits.push_back(std::move(digit));
  }
  std::sort(digits.begin(), digits.end(),
            [](const Digit& a, const Digit& b) { return FirstChoice(a) < FirstChoice(b); });
  return digits;
}

}  // namespace nasshrink::space
