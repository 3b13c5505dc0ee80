#include "score/weight_sums.h"

#include <algorithm>
#include <cstring>

#include "base/instruction_sets.h"

namespace nasshrink::score {
namespace {

// Four doubles fill a register of AVX2; wider vectors are cut through memory there, at a sixth of the speed. Two sets
// make ten independent chains.
constexpr size_t kLanes = 4;
constexpr size_t kSets = 2;

// Halves are widened so many at a time.
constexpr size_t kPiece = 1024;

float FloatOfBits(uint32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// IEEE 754 binary16, subnormal numbers, infinities and NaN included.
float FromFloat16(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000U) << 16;
  const uint32_t magnitude = half & 0x7fffU;
  if (magnitude >= 0x7c00U) return FloatOfBits(sign | 0x7f800000U | (magnitude & 0x3ffU) << 13);
  // The exponent of binary32 reads a half's bits as the value times 2^-112.
  const float scaled = FloatOfBits(magnitude << 13) * 0x1p112F;
  return (half & 0x8000U) != 0 ? -scaled : scaled;
}

float FromBFloat16(uint16_t half) { return FloatOfBits(static_cast<uint32_t>(half) << 16); }

}  // namespace

NASSHRINK_CLONES void AddAngleSums(const float* current, const float* base, size_t count, AngleSums* sums) {
  using Doubles __attribute__((vector_size(kLanes * sizeof(double)))) = double;
  using Floats __attribute__((vector_size(kLanes * sizeof(float)), aligned(sizeof(float)), may_alias)) = float;
  Doubles dot[kSets] = {};
  Doubles square[kSets] = {};
  Doubles base_square[kSets] = {};
  Doubles difference_square[kSets] = {};
  Doubles difference_sum[kSets] = {};
  size_t i = 0;
  for (; i + kSets * kLanes <= count; i += kSets * kLanes) {
    for (size_t set = 0; set < kSets; ++set) {
      const size_t at = i + set * kLanes;
      const auto w = __builtin_convertvector(*reinterpret_cast<const Floats*>(current + at), Doubles);
      const auto w0 = __builtin_convertvector(*reinterpret_cast<const Floats*>(base + at), Doubles);
      const Doubles difference = w - w0;
      dot[set] += w * w0;
      square[set] += w * w;
      base_square[set] += w0 * w0;
      difference_square[set] += difference * difference;
      difference_sum[set] += difference * (w + w0);
    }
  }
  for (size_t set = 0; set < kSets; ++set) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      (*sums)[0] += dot[set][lane];
      (*sums)[1] += square[set][lane];
      (*sums)[2] += base_square[set][lane];
      (*sums)[3] += difference_square[set][lane];
      (*sums)[4] += difference_sum[set][lane];
    }
  }
  for (; i < count; ++i) {
    const double w = current[i];
    const double w0 = base[i];
    (*sums)[0] += w * w0;
    (*sums)[1] += w * w;
    (*sums)[2] += w0 * w0;
    (*sums)[3] += (w - w0) * (w - w0);
    (*sums)[4] += (w - w0) * (w + w0);
  }
}

void AddAngleSums(const double* current, const double* base, size_t count, AngleSums* sums) {
  for (size_t i = 0; i < count; ++i) {
    const double w = current[i];
    const double w0 = base[i];
    (*sums)[0] += w * w0;
    (*sums)[1] += w * w;
    (*sums)[2] += w0 * w0;
    (*sums)[3] += (w - w0) * (w - w0);
    (*sums)[4] += (w - w0) * (w + w0);
  }
}

void AddAngleSums(Half type, const uint16_t* current, const uint16_t* base, size_t count, AngleSums* sums) {
  const auto widen = type == Half::kFloat16 ? FromFloat16 : FromBFloat16;
  float w[kPiece];
  float w0[kPiece];
  for (size_t begin = 0; begin < count; begin += kPiece) {
    const size_t size = std::min(kPiece, count - begin);
    std::transform(current + begin, current + begin + size, w, widen);
    std::transform(base + begin, base + begin + size, w0, widen);
    AddAngleSums(w, w0, size, sums);
  }
}

}  // namespace nasshrink::score
