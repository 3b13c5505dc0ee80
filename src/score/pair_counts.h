// Concordant, discordant and tied pairs of two rankings, in all and for each value, in O(n log n).
#ifndef NASSHRINK_SCORE_PAIR_COUNTS_H_
#define NASSHRINK_SCORE_PAIR_COUNTS_H_

#include <cstdint>
#include <vector>

#include "score/ranks.h"

namespace nasshrink::score {

// A pair tied in both is counted in both.
struct PairCounts {
  uint64_t concordant = 0;
  uint64_t discordant = 0;
  uint64_t tied_in_first = 0;
  uint64_t tied_in_second = 0;
  uint64_t all = 0;

  PairCounts& operator+=(const PairCounts& other);
  PairCounts& operator-=(const PairCounts& other);
};

// Of sums over all values, in which every pair is met twice.
PairCounts Half(const PairCounts& twice);

// The pairs of one value with all others.
struct ValuePairs {
  PairCounts pairs;
  uint32_t tied_in_both = 0;
  uint32_t above_in_both = 0;         // others that are larger in both
  uint32_t above_in_first_only = 0;   // larger in the first, tied in the second
  uint32_t above_in_second_only = 0;  // larger in the second, tied in the first
};

// Both of one length.
PairCounts CountPairs(const DenseRanks& first, const DenseRanks& second);
std::vector<ValuePairs> CountPairsOfEach(const DenseRanks& first, const DenseRanks& second);

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_PAIR_COUNTS_H_
