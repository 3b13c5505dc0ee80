// How well a score ranks children: all statistics of a ranking report for one score.
#ifndef NASSHRINK_SCORE_RANKING_H_
#define NASSHRINK_SCORE_RANKING_H_

#include <cstddef>
#include <vector>

#include "score/jackknife.h"

namespace nasshrink::score {

struct Ranking {
  Jackknifed tau_b;
  Jackknifed spearman;
  Jackknifed tau_top_half;  // among the n/2 children of largest truth; that half read as the sample
  Jackknifed tau_equal;     // among pairs of equal third value
  double regret = 0;        // largest truth less the mean truth of the children that share the largest score
};

// Vectors of one length without NaN, at least one value. Larger is better in score and truth.
Ranking RankingOf(const std::vector<double>& scores, const std::vector<double>& truth,
                  const std::vector<double>& third);

// The `count` positions of largest value, ascending; of equal values the earlier one first.
std::vector<size_t> LargestOf(const std::vector<double>& values, size_t count);

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_RANKING_H_
