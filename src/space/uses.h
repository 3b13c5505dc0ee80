// Where each choice of a space is used.
#ifndef NASSHRINK_SPACE_USES_H_
#define NASSHRINK_SPACE_USES_H_

#include <cstdint>
#include <vector>

#include "space/space.h"

namespace nasshrink::space {

struct ChoiceUse {
  enum class Where : uint8_t { kLayer, kEdge, kNodeInputs };
  Where where = Where::kLayer;
  uint32_t container = 0;  // layer, or cell
  uint32_t index = 0;      // edge of the cell, or entry of its node_inputs
};

// One list a choice. Indices out of range are left out, so that an unchecked space can be asked.
std::vector<std::vector<ChoiceUse>> UsesOfChoices(const Space& space);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_USES_H_
