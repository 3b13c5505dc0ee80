// The independent decisions behind a space's children.
//
// Usually a digit is one choice. A node that keeps only some of its edges (DARTS) makes one digit with the choices of
// those edges: an edge that is not kept has no operator, so its choice is fixed to its first alive candidate and the
// network is counted once. The product of the digits' sizes is the number of children.
#ifndef NASSHRINK_SPACE_DIGITS_H_
#define NASSHRINK_SPACE_DIGITS_H_

#include <cstdint>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>

#include "space/space.h"

namespace nasshrink::space {

using BigInt = boost::multiprecision::cpp_int;

struct Digit {
  // The choice, or the one that picks a node's inputs.
  uint32_t choice = 0;
  // By alive position of `choice`: the choices of the edges that stay open. Empty for a plain choice.
  std::vector<std::vector<uint32_t>> open;
  // All choices that `open` can name.
  std::vector<uint32_t> edges;

  BigInt Size(const Space& space) const;
  // Writes the candidates of alternative `index` (below Size) for all choices of the digit.
  void Write(const Space& space, BigInt index, Architecture* architecture) const;
  // The inverse: which alternative the architecture, one of the space's, has here.
  BigInt Index(const Space& space, const Architecture& architecture) const;
};

// Ascending by first choice.
std::vector<Digit> DigitsOf(const Space& space);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_DIGITS_H_
