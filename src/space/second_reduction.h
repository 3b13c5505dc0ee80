// Where DARTS's code puts an auxiliary head when it trains a child: behind the second reduction of the network.
#ifndef NASSHRINK_SPACE_SECOND_REDUCTION_H_
#define NASSHRINK_SPACE_SECOND_REDUCTION_H_

#include <cstdint>
#include <optional>

#include "space/space.h"

namespace nasshrink::space {

// The second layer of stride 2, counted from the first cell on (what a stem reduces does not count); nothing for a
// network without cells or with fewer reductions.
std::optional<uint32_t> SecondReduction(const Network& network);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_SECOND_REDUCTION_H_
