#include "space/draw_below.h"

namespace nasshrink::space {

BigInt DrawBelow(const BigInt& bound, base::Philox* random) {
  const auto bits = static_cast<unsigned>(msb(bound)) + 1;
  constexpr unsigned kWord = 32;
  const unsigned words = (bits + kWord - 1) / kWord;
  for (;;) {
    BigInt draw = 0;
    for (unsigned word = 0; word < words; ++word) {
      draw <<= kWord;
      draw += random->Next32();
    }
    draw >>= words * kWord - bits;
    if (draw < bound) return draw;
  }
}

}  // namespace nasshrink::space
