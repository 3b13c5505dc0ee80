// Polynomial mutation of a place in a list (Deb and Goyal 1996, in the bounded form of Deb's published NSGA-II code).
#ifndef NASSHRINK_SEARCH_POLYNOMIAL_MUTATION_H_
#define NASSHRINK_SEARCH_POLYNOMIAL_MUTATION_H_

#include <cstdint>

namespace nasshrink::search {

// Where a place (0..count-1) goes for a number drawn uniformly from [0, 1): near places are likelier, the more so the
// larger `eta` is. Places are the middles of equal parts of a range, so that the ends are as wide as all others (our
// decision), and the result is rounded to the part it lies in, which may be the same.
uint32_t PolynomialMutation(uint32_t place, uint32_t count, double eta, double uniform);

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_POLYNOMIAL_MUTATION_H_
