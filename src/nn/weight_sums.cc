#include "nn/weight_sums.h"

#include "nn/instruction_sets.h"

namespace nasshrink::nn {
namespace {

// Four doubles fill a register of AVX2; wider vectors are cut through memory there, at a sixth of the speed. Two sets
// make ten independent chains.
constexpr size_t kLanes = 4;
constexpr size_t kSets = 2;

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

}  // namespace nasshrink::nn
