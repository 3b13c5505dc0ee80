// Hypervolume: how much of the space below a reference point a set of points dominates.
#ifndef NASSHRINK_SEARCH_HYPERVOLUME_H_
#define NASSHRINK_SEARCH_HYPERVOLUME_H_

#include <cstddef>
#include <vector>

namespace nasshrink::search {

// Points are rows of `reference.size()` (at least 1) numbers, all to be made small and none NaN. Points that are not
// below the reference in every objective add nothing. WFG's exclusive volumes (While et al., IEEE TEVC 2012), a sweep
// for two objectives: O(N log N) for two, O(N^2 log N) for three, exponential in the number of objectives beyond.
double Hypervolume(const std::vector<double>& points, const std::vector<double>& reference);

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_HYPERVOLUME_H_
