// Rank correlations between a score and the truth; larger is better in both.
#ifndef NASSHRINK_SCORE_STATISTICS_H_
#define NASSHRINK_SCORE_STATISTICS_H_

#include <vector>

#include "score/jackknife.h"
#include "score/pair_counts.h"

namespace nasshrink::score {

// All take vectors of one length without NaN, in O(n log n).
PairCounts CountPairs(const std::vector<double>& first, const std::vector<double>& second);

// (C - D) / sqrt((N - T1)(N - T2)) (Kendall 1945); NaN when one of them is constant or has fewer than two values.
double KendallTauB(const PairCounts& pairs);
double KendallTauB(const std::vector<double>& first, const std::vector<double>& second);

// Pearson correlation of mid-ranks; NaN as above.
double Spearman(const std::vector<double>& first, const std::vector<double>& second);

// The same with the values that leaving out one child gives.
Jackknifed JackknifedTauB(const std::vector<double>& first, const std::vector<double>& second);
Jackknifed JackknifedSpearman(const std::vector<double>& first, const std::vector<double>& second);

// Tau-b with every count taken over the pairs of equal third value alone, all groups pooled.
Jackknifed JackknifedTauAmongEqual(const std::vector<double>& first, const std::vector<double>& second,
                                   const std::vector<double>& third);

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_STATISTICS_H_
