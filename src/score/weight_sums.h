// One pass over a pair of weights for the angle's scalars.
#ifndef NASSHRINK_SCORE_WEIGHT_SUMS_H_
#define NASSHRINK_SCORE_WEIGHT_SUMS_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace nasshrink::score {

// <w0,w>, |w|^2, |w0|^2, |w-w0|^2, <w-w0,w+w0>: the columns of a factor table for the angle.
constexpr std::array<const char*, 5> kAngleColumns = {"dot", "current", "base", "delta", "sigma"};
using AngleSums = std::array<double, kAngleColumns.size()>;

// Adds the sums of `count` weights; every product and sum is made in double.
void AddAngleSums(const float* current, const float* base, size_t count, AngleSums* sums);
void AddAngleSums(const double* current, const double* base, size_t count, AngleSums* sums);

// Of weights in half precision, by their bits.
enum class Half : uint8_t { kFloat16, kBFloat16 };
void AddAngleSums(Half type, const uint16_t* current, const uint16_t* base, size_t count, AngleSums* sums);

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_WEIGHT_SUMS_H_
