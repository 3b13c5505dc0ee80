// Numbers for children: their place in the enumeration of a space, and keys that shrinking does not change.
//
// Both are mixed-radix numbers over the digits of space/digits.h, the last digit fastest, as NthChild counts
// (space/architecture.h). A key counts in the root space, where nothing is dropped.
#ifndef NASSHRINK_SPACE_CHILD_INDEX_H_
#define NASSHRINK_SPACE_CHILD_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/status.h"
#include "space/digits.h"
#include "space/space.h"

namespace nasshrink::space {

// The same space with every candidate alive and no sharing groups.
Space RootOf(const Space& space);

// The inverse of NthChild: 0 up to the number of children. Architectures that differ only in operators of edges that
// are not kept have one index.
BigInt IndexOfChild(const Space& space, const Architecture& architecture);

// 128 bits, for sets and maps of children.
struct ChildKey {
  uint64_t high = 0;
  uint64_t low = 0;

  friend bool operator==(const ChildKey& a, const ChildKey& b) { return a.high == b.high && a.low == b.low; }
  friend bool operator!=(const ChildKey& a, const ChildKey& b) { return !(a == b); }
  friend bool operator<(const ChildKey& a, const ChildKey& b) {
    return a.high != b.high ? a.high < b.high : a.low < b.low;
  }
};

struct ChildKeyHash {
  size_t operator()(const ChildKey& key) const { return key.low ^ (key.high * 0x9e3779b97f4a7c15U); }
};

// Keys of one root space. Immutable: calls may overlap.
class ChildKeys {
 public:
  // FAILED_PRECONDITION for an open cell grammar; OUT_OF_RANGE when the root has more than 2^128 children.
  static base::Result<ChildKeys> Make(const Space& space);

  // The architecture must be one of the root's.
  ChildKey KeyOf(const Architecture& architecture) const;
  // The key must be one that KeyOf gives. Edges that are not kept hold the root's first candidate.
  Architecture ChildOf(const ChildKey& key) const;

 private:
  explicit ChildKeys(const Space& space);

  Space root_;
  std::vector<Digit> digits_;
};

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_CHILD_INDEX_H_
