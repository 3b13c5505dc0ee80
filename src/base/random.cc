#include "base/random.h"

#include <Random123/philox.h>

#include <cmath>
#include <numeric>
#include <utility>

namespace nasshrink::base {

std::array<uint32_t, 4> PhiloxBlock(const std::array<uint32_t, 4>& counter, const std::array<uint32_t, 2>& key) {
  const r123::Philox4x32::ctr_type in = {{counter[0], counter[1], counter[2], counter[3]}};
  const r123::Philox4x32::key_type with = {{key[0], key[1]}};
  const auto out = r123::Philox4x32()(in, with);
  return {out[0], out[1], out[2], out[3]};
}

Philox::Philox(uint64_t seed, Purpose purpose, uint64_t step, uint32_t choice)
    : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)},
      counter_{0, choice, static_cast<uint32_t>(step),
               static_cast<uint32_t>(step >> 32) << 8 | static_cast<uint32_t>(purpose)} {}

uint32_t Philox::Next32() {
  if (used_ == block_.size()) {
    block_ = PhiloxBlock(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[used_++];
}

uint64_t Philox::Next64() {
  const uint64_t low = Next32();
  return low | static_cast<uint64_t>(Next32()) << 32;
}

// Lemire, "Fast random integer generation in an interval", 2019.
uint32_t Philox::Below(uint32_t bound) {
  uint64_t product = static_cast<uint64_t>(Next32()) * bound;
  if (static_cast<uint32_t>(product) < bound) {
    const uint32_t threshold = (0U - bound) % bound;
    while (static_cast<uint32_t>(product) < threshold) product = static_cast<uint64_t>(Next32()) * bound;
  }
  return static_cast<uint32_t>(product >> 32);
}

uint64_t Philox::Below64(uint64_t bound) {
  const uint64_t threshold = (0 - bound) % bound;
  uint64_t draw = Next64();
  while (draw < threshold) draw = Next64();
  return draw % bound;
}

double Philox::Uniform() { return static_cast<double>(Next64() >> 11) * 0x1.0p-53; }

double Philox::Normal() {
  constexpr double kTwoPi = 6.283185307179586476925286766559;
  const double radius = std::sqrt(-2 * std::log(1 - Uniform()));
  return radius * std::cos(kTwoPi * Uniform());
}

std::vector<uint32_t> Permutation(uint32_t count, Philox& random) {
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  for (uint32_t left = count; left > 1; --left) std::swap(order[left - 1], order[random.Below(left)]);
  return order;
}

}  // namespace nasshrink::base
