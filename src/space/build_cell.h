// Cells put together from operators: the cells of the network, whose edges are choices, and cells that are candidates
// of a layer.
#ifndef NASSHRINK_SPACE_BUILD_CELL_H_
#define NASSHRINK_SPACE_BUILD_CELL_H_

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "space/build_operator.h"
#include "space/network_builder.h"
#include "space/space.h"

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

// The inputs after preprocessing; the module of input k is "preprocess{k}".
base::Result<std::vector<Tensor>> BuildPreprocessing(const Cell& cell, const std::vector<Tensor>& inputs,
                                                     const CellShapes& shapes, NetworkBuilder* builder);

// Which candidates take part, by choice: one each for a child, several where they are mixed.
using Picks = std::vector<std::vector<uint32_t>>;
Picks PicksOf(const Architecture& architecture);

// The cell of a child, or a mixture, in which the picked candidates of an edge add up and an edge is kept when a picked
// subset keeps it. Edges in the order of the message, each added to its node as soon as it is computed; a node without
// edges is a tensor of zeros; several outputs are concatenated.
base::Result<Tensor> BuildCell(const Space& space, size_t cell, const Picks& picks, const std::vector<Tensor>& inputs,
                               const Shape& out, NetworkBuilder* builder);

// Our reading of AutoSpace (Sec. 3.1): 1x1 convolution and batch norm to `ratio` times the channels (none at ratio 1,
// as in MobileNetV2), the graph, 1x1 convolution and batch norm to the channels that leave; a residual where the shape
// stays. Edges that start at the input node take the stride, an identity by passing on every n-th pixel. ReLU6 follows
// the batch norms of the first 1x1 convolution and of the edges' convolutions, so that the cell with one depthwise edge
// is MobileNetV2's block (our decision; the paper and its files say nothing). Edges into a node are joined by its merge
// function; `none`, and what reads a node that nothing reaches, is left out of both sum and product. A cell that no path
// crosses adds nothing to its residual, not even the shift of its last batch norm.
base::Result<Tensor> BuildCandidateCell(const CellCandidate& cell, const Tensor& in, const Shape& out,
                                        NetworkBuilder* builder);

// Edge number `index` of such a cell.
base::Result<Passed> BuildCandidateEdge(const CandidateEdge& edge, uint32_t index, const Tensor& in, const Shape& out,
                                        NetworkBuilder* builder);

// The cell with `none` on every edge that lies on no path from the input to the output node.
CellCandidate WithoutDeadEdges(CellCandidate cell);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_BUILD_CELL_H_
