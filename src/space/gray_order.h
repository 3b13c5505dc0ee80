// All children in an order in which neighbours differ in one digit (space/digits.h) by one step.
//
// The reflected mixed-radix Gray code, without loops (Knuth, The Art of Computer Programming 4A, 7.2.1.1, Algorithm H):
// sums over a child's operators can be kept up to date from what changed. On a chain a step changes one choice; a node
// that keeps some of its edges is one digit, whose step may change its inputs and their operators together.
#ifndef NASSHRINK_SPACE_GRAY_ORDER_H_
#define NASSHRINK_SPACE_GRAY_ORDER_H_

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "space/digits.h"
#include "space/space.h"

namespace nasshrink::space {

class GrayOrder {
 public:
  // At child 0 of NthChild. FAILED_PRECONDITION for an open cell grammar; OUT_OF_RANGE for a digit with 2^32
  // alternatives or more.
  static base::Result<GrayOrder> Make(const Space& space);

  const Architecture& child() const { return child_; }
  // The choices whose candidates the last step changed, ascending; empty before the first step.
  const std::vector<uint32_t>& changed() const { return changed_; }

  // Steps to the next child; false after the last one, which stays.
  bool Next();

 private:
  // A digit with more than one alternative.
  struct Wheel {
    Digit digit;
    uint32_t size = 0;
    uint32_t value = 0;
    bool up = true;
  };

  explicit GrayOrder(const Space& space) : space_(space) {}
  void Turn(Wheel* wheel);

  Space space_;
  std::vector<Wheel> wheels_;    // the fastest first
  std::vector<uint32_t> focus_;  // one more than wheels
  Architecture child_;
  Architecture before_;
  std::vector<uint32_t> changed_;
};

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_GRAY_ORDER_H_
