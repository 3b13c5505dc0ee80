#include "space/count.h"

namespace nasshrink::space {

using boost::multiprecision::pow;

BigInt CellsOf(const CellGrammar& grammar) {
  const uint32_t edges = grammar.nodes * (grammar.nodes - 1) / 2;
  const uint32_t merging = grammar.nodes > 2 ? grammar.nodes - 2 : 0;
  const uint32_t settings = grammar.merge_per_node ? merging : (merging > 0 ? 1 : 0);
  return pow(BigInt(grammar.operators.size()), edges) * grammar.ratios.size() *
         pow(BigInt(grammar.merges.size()), settings);
}

BigInt Children(const Space& space) {
  BigInt children = 1;
  for (const Digit& digit : DigitsOf(space)) children *= digit.Size(space);
  return children;
}

std::string ChildrenText(const Space& space) { return Children(space).str(); }

}  // namespace nasshrink::space
