// A network made wider or narrower as a whole, every layer in proportion.
#ifndef NASSHRINK_SPACE_SCALE_WIDTH_H_
#define NASSHRINK_SPACE_SCALE_WIDTH_H_

#include <cstdint>

#include "base/status.h"
#include "space/space.h"

namespace nasshrink::space {

// The same space with every layer's channels times `numerator` / `denominator`, rounded to the nearest whole number (of
// a cell: to a multiple of its outputs), at least one. The root is another one. INVALID_ARGUMENT when the network does
// not fit together at this width.
base::Result<Space> ScaleWidth(const Space& space, uint32_t numerator, uint32_t denominator);

// The widest of these whose child has at most `macs` multiply-adds; widths are tried in steps of one channel of the
// narrowest layer (ABS Table 4 scales DARTS's child from 48 to 45 channels like this). INVALID_ARGUMENT when even the
// narrowest has more; UNIMPLEMENTED as CostModel::Make.
base::Result<Space> ScaleToMacs(const Space& space, const Architecture& architecture, uint64_t macs);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_SCALE_WIDTH_H_
