// MobileNet-like chains seen as a list of blocks between a stem and a head.
#ifndef NASSHRINK_SPACE_MOBILE_CHAIN_H_
#define NASSHRINK_SPACE_MOBILE_CHAIN_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "space/space.h"

namespace nasshrink::space {

// A layer that is a mb_block, or a choice of mb_blocks and plain identities.
struct MobileBlock {
  const OperatorDef* fixed = nullptr;  // null for a choice
  uint32_t choice = 0;
  uint32_t in = 0;
  uint32_t out = 0;
  uint32_t stride = 1;
};

// Borrows the space.
struct MobileChain {
  std::vector<const Layer*> stem;  // fixed layers before the blocks
  std::vector<MobileBlock> blocks;
  std::vector<const Layer*> head;  // fixed layers behind them

  // Fixed blocks before the first choice.
  size_t LeadingFixed() const;
};

// Nothing when the space has another form: cells, other operators, fixed layers among the blocks, or a choice that is
// used by two layers.
std::optional<MobileChain> MobileChainOf(const Space& space);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_MOBILE_CHAIN_H_
