// The child that learned architecture parameters stand for.
//
// Works on probabilities (softmax of the parameters over the alive candidates), so that every strategy's can be read.
#ifndef NASSHRINK_SEARCH_DERIVE_H_
#define NASSHRINK_SEARCH_DERIVE_H_

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "space/space.h"

namespace nasshrink::search {

struct DeriveOptions {
  // ProxylessNAS: the most probable candidate of every choice. DARTS (Sec. 2.4): the most probable candidate other than
  // the one that breaks the path, on the strongest incoming edges of every node; an edge is as strong as that
  // candidate.
  enum class Rule : uint8_t { kArgmax, kDarts } rule = Rule::kArgmax;
  // Of kDarts: incoming edges a node keeps. A choice of a node's incoming edges, where a cell has one, decides instead.
  uint32_t edges_per_node = 2;
  // Of kDarts, P-DARTS (Sec. 3.3): most identities in the first cell (the normal one); while there are more, the least
  // probable of them is made impossible and the child derived anew. No limit by default.
  uint32_t most_identities = UINT32_MAX;
};

// `probabilities` is [choice][root candidate]. Among equals the first candidate and the first edges win.
// INVALID_ARGUMENT when the probabilities are not the space's own.
base::Result<space::Architecture> Derive(const space::Space& space,
                                         const std::vector<std::vector<double>>& probabilities,
                                         const DeriveOptions& options);

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_DERIVE_H_
