// Crowding distance: how far apart a point's neighbours on its front are (Deb et al., NSGA-II, 2002, Sec. III-B).
#ifndef NASSHRINK_SEARCH_CROWDING_H_
#define NASSHRINK_SEARCH_CROWDING_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nasshrink::search {

// One distance for each of `members`, which are rows of `points` (`objectives` finite numbers each) on one front: for
// every objective the difference of the two neighbours over the front's range, and of these the mean. Both ends of an
// objective are infinite, and so are all of a front of one or two points. Our decision: equal values are ordered by
// row, duplicates are points of their own, and an objective that is constant on the front adds nothing.
std::vector<double> CrowdingDistances(const double* points, size_t objectives, const std::vector<uint32_t>& members);

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_CROWDING_H_
