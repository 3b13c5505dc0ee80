#include "nn/weight_sums.h"

#include "nn/instruction_sets.h"

namespace nasshrink::nn {
namespace {

// Two sets of eight sums each: enough independent chains to keep the units busy.
constexpr size_t kLanes = 16;

}  // namespace

NASSHRINK_CLONES void AddAngleSums(const float* current, const float* base, size_t count, AngleSums* sums) {
  using Doubles __attribute__((vector_size(kLanes * sizeof(double)))) = double;
  using Floats __attribute__((vector_size(kLanes * sizeof(float)), aligned(sizeof(float)), may_alias)) = float;
  Doubles dot = {};
  Doubles square = {};
  Doubles base_square = {};
  Doubles difference_square = {};
  Doubles difference_sum = {};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const auto w = __builtin_convertvector(*reinterpret_cast<const Floats*>(current + i), Doubles);
    const auto w0 = __builtin_convertvector(*reinterpret_cast<const Floats*>(base + i), Doubles);
    const Doubles difference = w - w0;
    dot += w * w0;
    square += w * w;
    base_square += w0 * w0;
    difference_square += difference * difference;
    difference_sum += difference * (w + w0);
  }
  for (size_t lane = 0; lane < kLanes; ++lane) {
    (*sums)[0] += dot[lane];
    (*sums)[1] += square[lane];
    (*sums)[2] += base_square[lane];
    (*sums)[3] += difference_square[lane];
    (*sums)[4] += difference_sum[lane];
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
