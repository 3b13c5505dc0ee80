// Paths through the cells of a child (ABS Sec. 3.2; counted by two linear passes instead of listed).
#ifndef NASSHRINK_SPACE_PATHS_H_
#define NASSHRINK_SPACE_PATHS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "space/space.h"

namespace nasshrink::space {

struct CellPaths {
  // Paths from an input node to an output node over edges whose operator passes something on.
  uint64_t total = 0;
  // By edge of the cell: the paths that it lies on; 0 for an edge that is broken, not kept or dead.
  std::vector<uint64_t> edge;
};

// A path may start at every input and end at every output node of the cell (several outputs are concatenated).
CellPaths CountPaths(const Space& space, size_t cell, const Architecture& architecture);

// By edge of the cell: false where the node at its end does not keep it.
std::vector<bool> KeptEdges(const Space& space, size_t cell, const Architecture& architecture);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_PATHS_H_
