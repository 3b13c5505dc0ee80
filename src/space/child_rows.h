// Whether rows of candidates are children of a space, many a microsecond. What is wrong with one that is not, space/
// architecture.h CheckArchitecture says.
#ifndef NASSHRINK_SPACE_CHILD_ROWS_H_
#define NASSHRINK_SPACE_CHILD_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "space/space.h"

namespace nasshrink::space {

// Immutable; it keeps nothing of the space.
class ChildRows {
 public:
  explicit ChildRows(const Space& space);

  // `row` has one candidate a choice. False for every row of a space with an open cell grammar.
  bool Contains(const uint32_t* row) const;

 private:
  struct Range {
    size_t begin = 0;  // into alive_
    uint32_t size = 0;
  };
  std::vector<Range> choices_;
  std::vector<uint8_t> alive_;
};

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_CHILD_ROWS_H_
