// Ranks of values: what every rank statistic and every fusion of scores starts from.
#ifndef NASSHRINK_SCORE_RANKS_H_
#define NASSHRINK_SCORE_RANKS_H_

#include <cstdint>
#include <vector>

namespace nasshrink::score {

struct DenseRanks {
  std::vector<uint32_t> rank;   // of each value: 0 for the smallest, equal values share one, no number is left out
  std::vector<uint32_t> count;  // values of each rank
};

// By radix sort, few values by comparison. No NaN; -0 equals 0.
DenseRanks RankDensely(const std::vector<double>& values);

// Ranks from 1; equal values share the middle of theirs.
std::vector<double> MidRanks(const DenseRanks& ranks);

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_RANKS_H_
