#include "space/grammar_cost.h"

#include <algorithm>

#include "space/build_cell.h"
#include "space/steps.h"

namespace nasshrink::space {
namespace {

// Over the grammar's operators on one edge.
base::Result<OperatorCostRange> RangeOfEdge(const CellGrammar& grammar, const Shape& in, const Shape& out) {
  OperatorCostRange range;
  for (size_t i = 0; i < grammar.operators.size(); ++i) {
    Steps steps;
    const auto passed = BuildCandidateEdge({0, 1, grammar.operators[i]}, 0, steps.Input(in), out, &steps);
    if (!passed.ok()) return base::Status(passed.status()).Under(fmt::format("operators[{}].", i));
    range.min = i == 0 ? steps.cost() : Least(range.min, steps.cost());
    range.max = Most(range.max, steps.cost());
  }
  return range;
}

base::Result<OperatorCostRange> RangeAtRatio(const CellGrammar& grammar, uint32_t ratio, const Shape& in,
                                             const Shape& out) {
  CellCandidate empty;
  empty.nodes = grammar.nodes;
  empty.ratio = ratio;
  Steps steps;
  NASSHRINK_RETURN_IF_ERROR(BuildCandidateCell(empty, steps.Input(in), out, &steps).status());
  const Shape widened = {in.channels * ratio, in.height, in.width};
  const Shape inner = {widened.channels, out.height, out.width};
  NASSHRINK_ASSIGN_OR_RETURN(const OperatorCostRange first, RangeOfEdge(grammar, widened, inner));
  NASSHRINK_ASSIGN_OR_RETURN(const OperatorCostRange later, RangeOfEdge(grammar, inner, inner));
  OperatorCostRange range = {steps.cost(), steps.cost()};
  for (uint32_t to = 1; to < grammar.nodes; ++to) {
    for (uint32_t from = 0; from < to; ++from) {
      range.min += from == 0 ? first.min : later.min;
      range.max += from == 0 ? first.max : later.max;
    }
  }
  return range;
}

}  // namespace

OperatorCost Least(const OperatorCost& a, const OperatorCost& b) {
  return {std::min(a.macs, b.macs), std::min(a.params, b.params)};
}

OperatorCost Most(const OperatorCost& a, const OperatorCost& b) {
  return {std::max(a.macs, b.macs), std::max(a.params, b.params)};
}

base::Result<OperatorCostRange> RangeOfCells(const CellGrammar& grammar, const Shape& in, const Shape& out) {
  OperatorCostRange range;
  for (size_t i = 0; i < grammar.ratios.size(); ++i) {
    NASSHRINK_ASSIGN_OR_RETURN(const OperatorCostRange one, RangeAtRatio(grammar, grammar.ratios[i], in, out));
    range.min = i == 0 ? one.min : Least(range.min, one.min);
    range.max = Most(range.max, one.max);
  }
  return range;
}

}  // namespace nasshrink::space
