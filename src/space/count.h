// Exact sizes of spaces.
#ifndef NASSHRINK_SPACE_COUNT_H_
#define NASSHRINK_SPACE_COUNT_H_

#include <string>

#include "space/digits.h"
#include "space/space.h"

namespace nasshrink::space {

// Children of the space, open cell grammars included. Networks are counted: an edge that its node does not keep adds
// no factor (space/digits.h).
BigInt Children(const Space& space);

// The same as a decimal number.
std::string ChildrenText(const Space& space);

// Cells an open grammar describes: operators^edges * ratios * merge settings.
BigInt CellsOf(const CellGrammar& grammar);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_COUNT_H_
