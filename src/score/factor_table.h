// The factor table: a supernet (or a cost model) boiled down to a few numbers per candidate operator.
//
// Plain values that cross the library border. Rows over one choice are the usual case; a factor over several
// choices holds one row per joint alternative (SE-NAS groups, AutoSpace's ratio x edge terms). Filled by the back
// end or by a caller; read by score/angle.h. This file must not know where the numbers come from.
#ifndef NASSHRINK_SCORE_FACTOR_TABLE_H_
#define NASSHRINK_SCORE_FACTOR_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace nasshrink::score {

struct Factor {
  std::vector<uint32_t> choices;  // of a cell: the first is the edge whose number of paths counts
  uint32_t cell = 0;              // index + 1 of the cell template; 0 for a layer of a chain
  uint32_t repeats = 1;           // layers summed into the rows
  // Row-major, product of candidate counts (last choice fastest) x columns.
  std::vector<double> rows;
};

struct FactorTable {
  std::vector<std::string> columns;  // angle: "dot", "current", "base", "delta", "sigma"
  std::vector<double> fixed;         // one a column
  std::vector<Factor> factors;
};

// Which weights the angle is taken over; see proto/nasshrink/v1/score.proto AngleOptions.
struct AngleOptions {
  enum class Disconnected : uint8_t { kZero, kFixedOnly, kError };
  enum class Scope : uint8_t { kBlock, kWholeNetwork };
  enum class Params : uint8_t { kConvOnly, kConvBn, kAll };
  bool fixed_parts = true;
  bool pool_inv_area = true;
  bool identity_eye = false;
  Disconnected disconnected = Disconnected::kZero;
  Scope scope = Scope::kBlock;
  Params params = Params::kConvOnly;
};

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_FACTOR_TABLE_H_
