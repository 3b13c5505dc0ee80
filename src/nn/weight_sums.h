// One pass over the weights for the angle's scalars.
#ifndef NASSHRINK_NN_WEIGHT_SUMS_H_
#define NASSHRINK_NN_WEIGHT_SUMS_H_

#include <array>
#include <cstddef>

namespace nasshrink::nn {

// <w0,w>, |w|^2, |w0|^2, |w-w0|^2, <w-w0,w+w0>: the columns of a factor table for the angle.
using AngleSums = std::array<double, 5>;

// Adds the sums of `count` weights; every product and sum is made in double.
void AddAngleSums(const float* current, const float* base, size_t count, AngleSums* sums);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_WEIGHT_SUMS_H_
