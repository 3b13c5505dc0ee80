// Sums of several costs as one number that can be added: the arithmetic of the count of feasible children.
//
// Each window's costs, less the least of their level, are divided by a quantum and rounded down; the units of all
// windows are the digits of one mixed-radix key. A sum of keys is the key of the sums, so the dynamic program
// (space/counted_levels.h) sees one 64-bit number whatever the number of windows. With quanta that divide every
// difference nothing is rounded and the windows are exact; otherwise a key stands for a small box of sums.
#ifndef NASSHRINK_SPACE_PACKED_COSTS_H_
#define NASSHRINK_SPACE_PACKED_COSTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "space/cost_levels.h"

namespace nasshrink::space {

// The largest quanta that keep everything exact: per window, the greatest common divisor of all differences (at least
// 1). Every level must have an alternative.
std::vector<int64_t> ExactQuanta(const std::vector<CostLevel>& levels, size_t windows);

class PackedCosts {
 public:
  // Alternatives of one level that add the same key.
  struct Steps {
    std::vector<uint64_t> keys;     // ascending, distinct
    std::vector<uint32_t> first;    // keys + 1 positions in `members`
    std::vector<uint32_t> members;  // alternatives
  };

  // Nothing when the keys do not fit 63 bits. Every level must have an alternative.
  static std::optional<PackedCosts> Make(const std::vector<CostLevel>& levels, const std::vector<CostWindow>& windows,
                                         const std::vector<int64_t>& quanta);

  const std::vector<Steps>& steps() const { return steps_; }
  // No key stands for more than one sum of any window.
  bool exact() const { return exact_; }
  // Whether a child may lie inside all windows when its first `level` levels add up to `key`.
  bool MayFit(uint64_t key, size_t level) const;
  // Whether all children whose levels add up to `key` lie inside all windows.
  bool SurelyFits(uint64_t key) const;

 private:
  // In units; an empty range has low above high.
  struct Range {
    int64_t low = 0;
    int64_t high = 0;
  };
  struct Window {
    uint64_t stride = 1;
    uint64_t radix = 1;
    std::vector<Range> may;  // by level
    Range surely;
  };
  int64_t UnitsOf(uint64_t key, const Window& window) const {
    return static_cast<int64_t>(key / window.stride % window.radix);
  }

  std::vector<Window> windows_;
  std::vector<Steps> steps_;
  bool exact_ = true;
};

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_PACKED_COSTS_H_
