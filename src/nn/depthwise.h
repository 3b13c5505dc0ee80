// Depthwise convolutions on plain memory. torch's would do, but it allocates every result anew, and the system hands
// out fresh pages more slowly than this computes.
#ifndef NASSHRINK_NN_DEPTHWISE_H_
#define NASSHRINK_NN_DEPTHWISE_H_

#include "nn/kernels.h"

namespace nasshrink::nn {

// Channels stay; weights are [channels, 1, kernel, kernel], padding dilation * (kernel - 1) / 2.
struct DepthwiseSize {
  Shape in;
  Shape out;
  int kernel = 3;
  int stride_height = 1;
  int stride_width = 1;
  int dilation = 1;

  int padding() const { return dilation * (kernel - 1) / 2; }
};

// Kernels this file has loops for.
inline bool IsDepthwiseKernel(int kernel) { return kernel == 3 || kernel == 5 || kernel == 7; }

template <typename T>
void DepthwiseForward(const DepthwiseSize& size, const T* in, const T* weight, T* out);
template <typename T>
void DepthwiseInputGradient(const DepthwiseSize& size, const T* weight, const T* out_gradient, T* in_gradient);
// Sums are made per image and added in image order.
template <typename T>
void DepthwiseWeightGradient(const DepthwiseSize& size, const T* in, const T* out_gradient, T* weight_gradient);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_DEPTHWISE_H_
