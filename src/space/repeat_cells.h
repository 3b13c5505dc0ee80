// A network of cells made deeper or shallower: how often each of its cells stands in a row.
#ifndef NASSHRINK_SPACE_REPEAT_CELLS_H_
#define NASSHRINK_SPACE_REPEAT_CELLS_H_

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "space/space.h"

namespace nasshrink::space {

// The same space with every run of equal cell layers of stride 1 (the same cell, the same channels out) `times` long:
// NAS-Bench-201 with N = `times`; DARTS's network of 3 `times` + 2 cells (P-DARTS: 5, 11 and 17 for 1, 3 and 5).
// Choices and what is alive stay; the root is another one. INVALID_ARGUMENT for a space without such a run, or 0 times.
base::Result<Space> RepeatCells(const Space& space, uint32_t times);

// Whether RepeatCells would find a run: its INVALID_ARGUMENT if not.
base::Status CheckRepeatCells(const Network& network, uint32_t times);

// Layers of the network that RepeatCells makes; 0 where it finds no run.
size_t LayersRepeated(const Network& network, uint32_t times);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_REPEAT_CELLS_H_
