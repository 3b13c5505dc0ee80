#include "score/balanced_children.h"

#include <algorithm>
#include <cstddef>

#include "base/random.h"

namespace nasshrink::score {
namespace {

// No candidate has this index, so the streams are those of no sampled operator.
constexpr uint32_t kPermutation = 0xffff;

}  // namespace

BalancedChildren::BalancedChildren(const space::Space& space, uint64_t seed) : seed_(seed) {
  for (const space::Choice& choice : space.choices) {
    alive_.push_back(choice.alive);
    per_round_ = std::max<uint64_t>(per_round_, choice.alive.size());
  }
}

void BalancedChildren::Fill(uint64_t number, uint32_t* candidates) const {
  for (size_t choice = 0; choice < alive_.size(); ++choice) {
    const auto size = static_cast<uint32_t>(alive_[choice].size());
    base::Philox random(seed_, base::Purpose::kScore, number / size,
                        static_cast<uint32_t>(choice) << 16 | kPermutation);
    candidates[choice] = alive_[choice][base::Permutation(size, random)[number % size]];
  }
}

}  // namespace nasshrink::score
