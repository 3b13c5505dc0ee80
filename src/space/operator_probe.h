// Small networks that run one operator where it stands: what has to be timed to know how long it takes.
#ifndef NASSHRINK_SPACE_OPERATOR_PROBE_H_
#define NASSHRINK_SPACE_OPERATOR_PROBE_H_

#include <vector>

#include "space/operator_places.h"
#include "space/space.h"

namespace nasshrink::space {

// The operator's time is that of `with` less that of `without`.
struct OperatorProbe {
  // The operator, then a mean over pixels and a small classifier (nothing behind a classifier).
  Space with;
  // The same without the operator; none for a classifier.
  std::vector<Space> without;
};

// Spaces with one child each, finished but not validated: an operator of an edge may be alone in a cell.
OperatorProbe ProbeOf(const PlacedOperator& placed);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_OPERATOR_PROBE_H_
