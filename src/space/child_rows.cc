#include "space/child_rows.h"

namespace nasshrink::space {

ChildRows::ChildRows(const Space& space) {
  for (const Choice& choice : space.choices) {
    const Range range = {alive_.size(), static_cast<uint32_t>(choice.candidates.size())};
    choices_.push_back(range);
    alive_.resize(range.begin + range.size, 0);
    for (const uint32_t candidate : choice.alive) alive_[range.begin + candidate] = 1;
  }
}

bool ChildRows::Contains(const uint32_t* row) const {
  for (size_t i = 0; i < choices_.size(); ++i) {
    const Range& range = choices_[i];
    if (row[i] >= range.size || alive_[range.begin + row[i]] == 0) return false;
  }
  return true;
}

}  // namespace nasshrink::space
