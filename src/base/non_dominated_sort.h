// Non-domination ranks of points with several objectives (Deb et al., NSGA-II, 2002, Sec. III-A).
//
// A point dominates another when it is no worse in every objective and better in one; rank 1 is dominated by nobody,
// rank r by nobody once the ranks below r are taken away. Equal points share a rank.
#ifndef NASSHRINK_BASE_NON_DOMINATED_SORT_H_
#define NASSHRINK_BASE_NON_DOMINATED_SORT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nasshrink::base {

// Points are rows of `objectives` (at least 1) numbers, all to be made small and none NaN. One rank a point, from 1.
// O(N log N) for one and two objectives; O(N log N log F) comparisons with F fronts for three; for more at most
// O(N^2) comparisons, by binary search over the fronts (Zhang et al., ENS-BS, IEEE TEVC 2015).
std::vector<uint32_t> NonDominatedRanks(const double* points, size_t count, size_t objectives);

// True when the first point dominates the second.
bool Dominates(const double* first, const double* second, size_t objectives);

}  // namespace nasshrink::base

#endif  // NASSHRINK_BASE_NON_DOMINATED_SORT_H_
