// How many root-to-leaf paths of a cell pass through each of its edges, for every set of edges that are not broken.
//
// The numbers of ABS's path vectors: m_e = in(u) * out(v) by two linear passes over the nodes. Small cells keep the
// answers for all sets of edges, so that a child costs one look-up.
#ifndef NASSHRINK_SCORE_PATH_WEIGHTS_H_
#define NASSHRINK_SCORE_PATH_WEIGHTS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/status.h"
#include "space/space.h"

namespace nasshrink::score {

class PathWeights {
 public:
  static constexpr size_t kMaxEdges = 64;
  static constexpr size_t kMaxNodes = 64;

  // With `relative`, an edge's number is divided by the cell's number of paths. UNIMPLEMENTED above the limits.
  static base::Result<PathWeights> Make(const space::Space& space, size_t cell, bool relative);

  // Numbers of the child's edges, then the number of paths of the cell (edges() + 1 values), in `scratch` of that size
  // or in a table of this object.
  const double* Of(const uint32_t* candidates, double* scratch) const {
    uint64_t broken = 0;
    for (const Breaks& breaks : breaks_) broken |= breaks.edges[candidates[breaks.choice]];
    if (!table_.empty()) return &table_[static_cast<size_t>(broken) * (edges_.size() + 1)];
    Count(broken, scratch);
    return scratch;
  }
  size_t edges() const { return edges_.size(); }

 private:
  struct Edge {
    uint32_t from;
    uint32_t to;
  };
  // The edges that each candidate of a choice takes out, as a set of bits.
  struct Breaks {
    uint32_t choice;
    std::vector<uint64_t> edges;
  };

  void Count(uint64_t broken, double* weights) const;

  std::vector<Edge> edges_;  // ascending by (to, from)
  std::vector<Breaks> breaks_;
  std::vector<uint32_t> outputs_;
  uint32_t inputs_ = 0;
  uint32_t nodes_ = 0;
  bool relative_ = false;
  std::vector<double> table_;  // by set of broken edges
};

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_PATH_WEIGHTS_H_
