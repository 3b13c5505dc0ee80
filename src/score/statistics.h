// Rank correlations between a score and the truth; larger is better in both.
#ifndef NASSHRINK_SCORE_STATISTICS_H_
#define NASSHRINK_SCORE_STATISTICS_H_

#include <cstdint>
#include <vector>

namespace nasshrink::score {

// Counts over all pairs. A pair tied in both is counted in both.
struct PairCounts {
  uint64_t concordant = 0;
  uint64_t discordant = 0;
  uint64_t tied_in_first = 0;
  uint64_t tied_in_second = 0;
  uint64_t all = 0;
};

// O(n log n), by merge sort (Knight 1966). Both vectors of one length, no NaN.
PairCounts CountPairs(const std::vector<double>& first, const std::vector<double>& second);

// (C - D) / sqrt((N - T1)(N - T2)) (Kendall 1945); NaN when one of them is constant or has fewer than two values.
double KendallTauB(const PairCounts& pairs);
double KendallTauB(const std::vector<double>& first, const std::vector<double>& second);

// Pearson correlation of mid-ranks; NaN as above.
double Spearman(const std::vector<double>& first, const std::vector<double>& second);

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_STATISTICS_H_
