#include "score/enumeration.h"

namespace nasshrink::score {

std::optional<Enumeration> Enumeration::UpTo(const space::Space& space, uint64_t limit) {
  Enumeration enumeration;
  for (const space::Choice& choice : space.choices) {
    const uint64_t count = choice.alive.size();
    if (count == 0 || enumeration.children_ > limit / count) return std::nullopt;
    enumeration.children_ *= count;
    enumeration.alive_.push_back(choice.alive);
  }
  uint64_t stride = 1;
  enumeration.strides_.resize(enumeration.alive_.size());
  for (size_t choice = enumeration.alive_.size(); choice-- > 0;) {
    enumeration.strides_[choice] = stride;
    stride *= enumeration.alive_[choice].size();
  }
  return enumeration;
}

void Enumeration::Fill(uint64_t begin, size_t count, uint32_t* candidates) const {
  const size_t choices = alive_.size();
  std::vector<uint32_t> digits(choices);
  for (size_t choice = 0; choice < choices; ++choice) {
    digits[choice] = static_cast<uint32_t>(begin / strides_[choice] % alive_[choice].size());
  }
  for (size_t row = 0; row < count; ++row, candidates += choices) {
    for (size_t choice = 0; choice < choices; ++choice) {
      candidates[choice] = alive_[choice][digits[choice]];
    }
    for (size_t choice = choices; choice-- > 0;) {
      if (++digits[choice] < alive_[choice].size()) break;
      digits[choice] = 0;
    }
  }
}

}  // namespace nasshrink::score
