// All combinations of alive candidates in mixed-radix order, last choice fastest: the children of a space none of whose
// cells choose the edges they keep.
#ifndef NASSHRINK_SCORE_ENUMERATION_H_
#define NASSHRINK_SCORE_ENUMERATION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "space/space.h"

namespace nasshrink::score {

// Immutable; any number of threads may fill blocks at once.
class Enumeration {
 public:
  // Nothing when the space has more than `limit` children or a choice without listed candidates.
  static std::optional<Enumeration> UpTo(const space::Space& space, uint64_t limit);

  uint64_t children() const { return children_; }
  size_t choices() const { return alive_.size(); }
  const std::vector<uint32_t>& alive(size_t choice) const { return alive_[choice]; }
  // Children that share a choice's candidate before it changes: the product of the later choices' alive counts.
  uint64_t stride(size_t choice) const { return strides_[choice]; }

  // Children begin..begin+count-1, row-major.
  void Fill(uint64_t begin, size_t count, uint32_t* candidates) const;

 private:
  std::vector<std::vector<uint32_t>> alive_;
  std::vector<uint64_t> strides_;
  uint64_t children_ = 1;
};

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_ENUMERATION_H_
