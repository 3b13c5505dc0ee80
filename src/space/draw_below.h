// Uniform numbers below a bound of any size.
#ifndef NASSHRINK_SPACE_DRAW_BELOW_H_
#define NASSHRINK_SPACE_DRAW_BELOW_H_

#include "base/random.h"
#include "space/digits.h"

namespace nasshrink::space {

// Uniform in 0..bound-1 without bias; bound at least 1.
BigInt DrawBelow(const BigInt& bound, base::Philox* random);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_DRAW_BELOW_H_
