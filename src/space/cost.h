// Multiply-adds and parameters of children, by layer geometry.
//
// Multiply-adds are those of convolutions and the classifier for one image; parameters count batch-norm scale and
// shift (as in the stand-alone child) and the classifier's bias. These are the conventions of the NAS-Bench-201 and
// MobileNet literature ("FLOPs" there). Costs are additive over choices.
#ifndef NASSHRINK_SPACE_COST_H_
#define NASSHRINK_SPACE_COST_H_

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/architecture.pb.h"
#include "space/space.h"

namespace nasshrink::space {

struct OperatorCost {
  uint64_t macs = 0;
  uint64_t params = 0;
};

// Immutable; it copies what it needs of the space.
class CostModel {
 public:
  // `resolution` is the side of a square input, 0 the space's own. UNIMPLEMENTED naming an operator kind (or a cell as
  // candidate) without a formula; INVALID_ARGUMENT where a size does not fit.
  static base::Result<CostModel> Make(const Space& space, uint32_t resolution = 0);

  // The architecture must be one of the space's (space/architecture.h CheckArchitecture).
  uint64_t Macs(const Architecture& architecture) const { return Of(architecture).macs; }
  uint64_t Params(const Architecture& architecture) const { return Of(architecture).params; }
  OperatorCost Of(const Architecture& architecture) const;

  // The same without cell edges that lie on no path from input to output.
  uint64_t LiveMacs(const Architecture& architecture) const { return LiveOf(architecture).macs; }
  uint64_t LiveParams(const Architecture& architecture) const { return LiveOf(architecture).params; }
  OperatorCost LiveOf(const Architecture& architecture) const;

  // The parts that every child has.
  OperatorCost fixed() const { return fixed_; }
  // [choice][candidate], summed over all uses of the choice; dropped candidates included.
  const std::vector<std::vector<OperatorCost>>& table() const { return table_; }
  // Over the alive candidates.
  OperatorCost min() const { return min_; }
  OperatorCost max() const { return max_; }

 private:
  friend class CostBuilder;
  // [cell][edge][candidate], summed over the layers that use the cell.
  using CellTable = std::vector<std::vector<OperatorCost>>;

  Space space_;
  OperatorCost fixed_;
  OperatorCost min_;
  OperatorCost max_;
  std::vector<std::vector<OperatorCost>> table_;
  std::vector<std::vector<OperatorCost>> layers_;  // the part of `table_` that comes from layers
  std::vector<CellTable> cells_;
};

// Everything `nasshrink arch` shows about a child. `query.latency` is checked against the space.
base::Result<v1::CostReport> CostOf(const Space& space, const CostModel& model, const Architecture& architecture,
                                    const v1::CostQuery& query);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_COST_H_
