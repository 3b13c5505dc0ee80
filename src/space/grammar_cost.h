// What the cells of an open grammar cost, without listing them.
#ifndef NASSHRINK_SPACE_GRAMMAR_COST_H_
#define NASSHRINK_SPACE_GRAMMAR_COST_H_

#include "base/status.h"
#include "space/space.h"
#include "space/steps.h"

namespace nasshrink::space {

struct OperatorCostRange {
  OperatorCost min;
  OperatorCost max;
};

// The least and the most that a cell of the grammar costs from a tensor of one shape to another; multiply-adds and
// parameters each by themselves. The grammar's own limit is left aside, as in the sizes of spaces.
base::Result<OperatorCostRange> RangeOfCells(const CellGrammar& grammar, const Shape& in, const Shape& out);

// Of every number the smaller or the larger.
OperatorCost Least(const OperatorCost& a, const OperatorCost& b);
OperatorCost Most(const OperatorCost& a, const OperatorCost& b);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_GRAMMAR_COST_H_
