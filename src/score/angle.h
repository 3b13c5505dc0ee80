// The weight angle of any child from the factor table, without ever building its weight vector.
//
// ABS Eq. 2: angle(g) = acos(<V0,V> / (|V0| |V|)), V the weights along all root-to-leaf paths of the child. Every sum
// over paths is a sum over edges weighted by the number of paths through the edge, in(u) * out(v), so a child costs
// O(edges). With the columns "delta" and "sigma" the angle is 2 asin sqrt((delta - r^2) / (4 |V0| |V|)),
// r = sigma / (|V| + |V0|), which keeps its digits near zero; without them it is the plain acos.
//
// Which weights count (pool, params, identity) is settled where the table is made; this file takes the rows as they
// are. It must not enumerate a space or know what an angle is used for.
#ifndef NASSHRINK_SCORE_ANGLE_H_
#define NASSHRINK_SCORE_ANGLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "score/factor_table.h"
#include "space/space.h"

namespace nasshrink::score {

// Immutable; any number of threads may score at once.
class AngleScorer {
 public:
  // INVALID_ARGUMENT when the table does not fit the space (see score/table_codec.h CheckTable) or lacks a column the
  // angle needs; UNIMPLEMENTED for whole-network scope with cells of several inputs and for cells of more than 64
  // nodes or edges.
  static base::Result<AngleScorer> Make(const space::Space& space, const FactorTable& table,
                                        const AngleOptions& options);
  AngleScorer(AngleScorer&&) noexcept;
  AngleScorer& operator=(AngleScorer&&) noexcept;
  ~AngleScorer();

  // Radians in [0, pi]; 0 for an empty vector. A child with a cell without a path follows AngleOptions::disconnected;
  // with kError it is FAILED_PRECONDITION. The architecture must be one of the space.
  base::Result<double> Angle(const space::Architecture& architecture) const;

  // `count` children, row-major, one candidate a choice. Stops at the first child that has no angle.
  base::Status Angles(const uint32_t* candidates, size_t count, double* angles) const;

  // Candidates in a row.
  size_t choices() const;

 private:
  struct Tables;
  explicit AngleScorer(std::unique_ptr<const Tables> tables);
  std::unique_ptr<const Tables> tables_;
};

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_ANGLE_H_
