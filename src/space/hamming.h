// Children near a child: those that differ from it in at most `radius` digits (space/digits.h).
//
// On a chain, and in a cell that keeps all its edges, a digit is one choice. A node that keeps some of its edges counts
// once, with its inputs and their operators. Sizes and draws are exact (dynamic programming over the digits).
#ifndef NASSHRINK_SPACE_HAMMING_H_
#define NASSHRINK_SPACE_HAMMING_H_

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "base/status.h"
#include "space/digits.h"
#include "space/space.h"

namespace nasshrink::space {

// Digits in which two children of the space differ.
uint32_t HammingDistance(const Space& space, const Architecture& a, const Architecture& b);

// Immutable: calls may overlap.
class HammingBall {
 public:
  // INVALID_ARGUMENT when the centre is no child of the space; FAILED_PRECONDITION for an open cell grammar. A radius
  // above the number of digits covers the whole space.
  static base::Result<HammingBall> Make(const Space& space, const Architecture& center, uint32_t radius);

  // Children, the centre among them.
  BigInt Size() const;
  // Those at exactly this distance.
  BigInt SizeAt(uint32_t distance) const;

  // Child `index`, below Size(), ascending by distance; child 0 is the centre.
  Architecture Nth(BigInt index) const;
  // Draw number `step` of the stream (seed, purpose): uniform over the ball, independent of every other draw.
  Architecture Draw(uint64_t seed, base::Purpose purpose, uint64_t step) const;

 private:
  HammingBall(const Space& space, Architecture center, uint32_t radius);

  Space space_;
  Architecture center_;
  uint32_t radius_;
  std::vector<Digit> digits_;
  std::vector<BigInt> sizes_;   // alternatives by digit
  std::vector<BigInt> values_;  // the centre's
  // [digit][distance]: ways to change so many of the digits from this one on.
  std::vector<std::vector<BigInt>> ways_;
};

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_HAMMING_H_
