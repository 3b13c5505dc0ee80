#include "nn/fair_strategy.h"

#include <algorithm>

#include "base/random.h"

namespace nasshrink::nn {

FairStrategy::FairStrategy(const space::Space& space, uint64_t seed) : space_(space), seed_(seed) {
  for (const space::Choice& choice : space.choices) {
    paths_ = std::max(paths_, static_cast<uint32_t>(choice.alive.size()));
  }
}

std::vector<space::Architecture> FairStrategy::Draw(uint64_t step, uint32_t number) const {
  const uint64_t dealt = step * paths_ + number;
  space::Architecture architecture;
  for (uint32_t i = 0; i < space_.choices.size(); ++i) {
    const std::vector<uint32_t>& alive = space_.choices[i].alive;
    base::Philox random(seed_, base::Purpose::kDeck, dealt / alive.size(), i);
    const std::vector<uint32_t> deck = base::Permutation(static_cast<uint32_t>(alive.size()), random);
    architecture.push_back(alive[deck[dealt % alive.size()]]);
  }
  return {architecture};
}

}  // namespace nasshrink::nn
