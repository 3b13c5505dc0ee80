// AutoSpace's cells as the 4x4 matrices of its released files.
//
// Strictly below the diagonal: the operator code of edge row<-column. [0][3]: index of the ratio, 0, 1, 2 for 1, 3, 6.
// [1][3]: the merge functions of inner nodes 2 and 3, 0 sum, 1 product. All other entries are 0.
// What the codes mean is not published. Our reading: 1 none, 2 identity, 3 conv 1x1, 5, 7, 9 depthwise 3x3, 5x5, 7x7
// (with it the released network has 336 M multiply-adds against 340 M stated). 4 for conv 3x3, an operator of the paper
// that the files do not use, is our own.
#ifndef NASSHRINK_SPACE_AUTOSPACE_GRAPH_H_
#define NASSHRINK_SPACE_AUTOSPACE_GRAPH_H_

#include <string>

#include "base/json_text.h"
#include "base/status.h"
#include "space/space.h"

namespace nasshrink::space {

// INVALID_ARGUMENT with the path of the entry at fault.
base::Result<CellCandidate> ReadAutoSpaceGraph(const base::JsonView& graph);

// The cell can be written: four nodes, all six edges, operators and a ratio that have codes.
bool HasAutoSpaceGraph(const CellCandidate& cell);
// "[[0,0,0,1],[2,0,0,[0,1]],[5,5,0,0],[1,2,5,0]]"; HasAutoSpaceGraph must hold.
std::string AutoSpaceGraphText(const CellCandidate& cell);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_AUTOSPACE_GRAPH_H_
