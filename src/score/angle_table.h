// The factor table for the angle, put together from sums over weights.
//
// One factor a choice of a cell or layer, rows for all candidates of the root space (zeros for dropped ones), summed
// over the layers where the choice stands. Pools and identities have no weights; what they count as is added here: a
// pool as `channels` filters of 3x3 weights 1/9, an identity that keeps the shape as nothing, or as the identity matrix
// with `identity_eye` (ABS Sec. 3.2 and its published code). Where the sums come from is the caller's business.
#ifndef NASSHRINK_SCORE_ANGLE_TABLE_H_
#define NASSHRINK_SCORE_ANGLE_TABLE_H_

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "score/factor_table.h"
#include "score/weight_sums.h"
#include "space/space.h"

namespace nasshrink::score {

class AngleTableBuilder {
 public:
  // The space must stay alive until Take.
  explicit AngleTableBuilder(const space::Space& space);

  // Whether the choice stands in this cell (index + 1; 0: in a layer of its own).
  bool Stands(uint32_t cell, uint32_t choice) const { return places_.count({cell, choice}) != 0; }
  // Weights of a candidate in one of the layers where its choice stands; what is added more than once adds up.
  void Add(uint32_t cell, uint32_t choice, uint32_t candidate, const AngleSums& sums);
  void AddFixed(const AngleSums& sums);

  // The table, weightless operators included.
  FactorTable Take(const AngleOptions& options) &&;

 private:
  // A place where a choice stands: its results have `channels` channels, and the shape of what comes in where it
  // `keeps`.
  struct Place {
    uint32_t cell = 0;
    uint32_t choice = 0;
    double channels = 0;
    bool keeps = true;
  };

  void AddFactor(uint32_t cell, uint32_t choice);
  double* Row(uint32_t cell, uint32_t choice, uint32_t candidate);
  void AddWeightless(const AngleOptions& options, const Place& place);
  void AddAllWeightless(const AngleOptions& options);

  const space::Space& space_;
  FactorTable table_;
  std::map<std::pair<uint32_t, uint32_t>, size_t> places_;
};

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_ANGLE_TABLE_H_
