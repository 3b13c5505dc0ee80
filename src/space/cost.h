// Multiply-adds, parameters and activation peak of children, by layer geometry (docs/methods.md, "Costs").
//
// Multiply-adds are those of convolutions and the classifier for one image; parameters count batch-norm scale and
// shift (as in the stand-alone child) and biases. These are the conventions of the NAS-Bench-201 and MobileNet
// literature ("FLOPs" there). Both are additive over choices. The activation peak is the number of elements in the
// largest set of tensors alive at once while one image is inferred (space/steps.h Peak); it is not additive.
#ifndef NASSHRINK_SPACE_COST_H_
#define NASSHRINK_SPACE_COST_H_

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "space/space.h"
#include "space/steps.h"

namespace nasshrink::space {

// Immutable; it copies what it needs of the space.
class CostModel {
 public:
  // `resolution` is the side of a square input, 0 the space's own. INVALID_ARGUMENT where a size or an operator does
  // not fit; UNIMPLEMENTED for cells whose inputs cannot be brought to one size; OUT_OF_RANGE for costs above 2^63. Of
  // an open cell grammar it knows the range alone.
  static base::Result<CostModel> Make(const Space& space, uint32_t resolution = 0,
                                      Counting counting = Counting::kConvFc);

  // The architecture must be one of the space's (space/architecture.h CheckArchitecture); a row has one candidate a
  // choice.
  uint64_t Macs(const Architecture& architecture) const { return Of(architecture).macs; }
  uint64_t Params(const Architecture& architecture) const { return Of(architecture).params; }
  OperatorCost Of(const Architecture& architecture) const { return Of(architecture.data()); }
  OperatorCost Of(const uint32_t* row) const;

  // The same without edges that lie on no path from input to output of their cell.
  uint64_t LiveMacs(const Architecture& architecture) const { return LiveOf(architecture).macs; }
  uint64_t LiveParams(const Architecture& architecture) const { return LiveOf(architecture).params; }
  OperatorCost LiveOf(const Architecture& architecture) const;

  // The child step by step, with the edges that its nodes keep: its activation peak and the parameters of its batch
  // norms; the sums equal Of.
  base::Result<Steps> StepsOfChild(const Architecture& architecture) const;

  // The parts that every child has.
  OperatorCost fixed() const { return fixed_; }
  // [choice][candidate], summed over all uses of the choice; dropped candidates included, none of an open grammar.
  const std::vector<std::vector<OperatorCost>>& table() const { return table_; }
  // [choice][candidate]: the activation peak of the operator by itself, its input and result included, at the use of
  // the choice where it is largest. 0 for candidates that pick a node's inputs.
  const std::vector<std::vector<uint64_t>>& peaks() const { return peaks_; }
  // Over the alive candidates.
  OperatorCost min() const { return min_; }
  OperatorCost max() const { return max_; }

 private:
  friend class CostBuilder;
  using Row = std::vector<OperatorCost>;  // by candidate

  // A node that keeps some of its edges, as its choice says.
  struct Picked {
    uint32_t choice = 0;
    size_t cell = 0;
    std::vector<std::vector<uint32_t>> edges;  // by candidate
  };

  Space space_;
  std::vector<Shape> shapes_;
  Counting counting_ = Counting::kConvFc;
  OperatorCost fixed_;
  OperatorCost min_;
  OperatorCost max_;
  std::vector<Row> table_;
  std::vector<std::vector<uint64_t>> peaks_;
  std::vector<Row> live_layers_;         // [choice]: the part from layers, without dead edges of candidate cells
  std::vector<std::vector<Row>> cells_;  // [cell][edge], summed over the layers that use the cell
  // What a candidate costs whatever the others are, one choice after another.
  std::vector<OperatorCost> always_;
  std::vector<size_t> offsets_;  // [choice], into always_
  std::vector<Picked> picked_;
};

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_COST_H_
