// Cells as steps: the cells of the network, whose edges are choices, and cells that are candidates of a layer.
#ifndef NASSHRINK_SPACE_CELL_STEPS_H_
#define NASSHRINK_SPACE_CELL_STEPS_H_

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "space/operator_steps.h"
#include "space/space.h"
#include "space/steps.h"

namespace nasshrink::space {

// Which tensors reach a cell in layer `layer`, oldest first: 0 is the network's input, i what leaves layer i-1. Before
// there are as many layers as inputs, the first layer's output stands in (before there is one, the network's input).
std::vector<size_t> CellInputs(const Cell& cell, size_t layer);

// Shapes inside a cell that makes a tensor of shape `out` from inputs of these shapes.
struct CellShapes {
  std::vector<Shape> inputs;  // after preprocessing
  Shape node;

  const Shape& From(const CellEdge& edge) const { return edge.from < inputs.size() ? inputs[edge.from] : node; }
};
// Preprocessing gives every input the channels of a node and the size of the newest input; a factorised reduction
// stands in for it where an input is twice as large (DARTS). Without preprocessing inputs stay as they are.
// UNIMPLEMENTED for inputs whose sizes fit neither.
base::Result<CellShapes> ShapesInCell(const Cell& cell, const std::vector<Shape>& inputs, const Shape& out);

// The inputs after preprocessing.
base::Result<std::vector<Tensor>> AddPreprocessing(const Cell& cell, const std::vector<Tensor>& inputs,
                                                   const CellShapes& shapes, Steps* steps);

// The cell with the operators of a child: edges in the order of the message, each added to its node as soon as it is
// computed; a node without edges is a tensor of zeros; several outputs are concatenated.
base::Result<Tensor> AddCell(const Space& space, size_t cell, const Architecture& architecture,
                             const std::vector<Tensor>& inputs, const Shape& out, Steps* steps);

// Our reading of AutoSpace (Sec. 3.1): 1x1 convolution and batch norm to `ratio` times the channels (none at ratio 1,
// as in MobileNetV2), the graph, 1x1 convolution and batch norm to the channels that leave; a residual where the shape
// stays. Edges that start at the input node take the stride, an identity by passing on every n-th pixel.
base::Result<Tensor> AddCandidateCell(const CellCandidate& cell, const Tensor& in, const Shape& out, Steps* steps);

// An edge of such a cell.
base::Result<Passed> AddCandidateEdge(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps);

// The cell with `none` on every edge that lies on no path from the input to the output node.
CellCandidate WithoutDeadEdges(CellCandidate cell);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_CELL_STEPS_H_
