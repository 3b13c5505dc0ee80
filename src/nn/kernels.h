// The element-wise half of a training step, fused: what happens to activations between two convolutions.
//
// All tensors are float (or double, for checks), laid out image, row, column, channel (torch's channels_last). A node
// of the network is
//   value = sum of scaled convolution outputs + shift + other nodes + 3x3 average pools of other nodes
// and is computed in one pass; so is its gradient. Reductions are made per image and summed in image order, so results
// do not depend on the number of threads. Values are checked against plain torch code in tests/nn.
#ifndef NASSHRINK_NN_KERNELS_H_
#define NASSHRINK_NN_KERNELS_H_

#include <cstdint>
#include <vector>

#include "space/network_builder.h"

namespace nasshrink::nn {

struct Shape {
  int64_t images = 0;
  int height = 0;
  int width = 0;
  int channels = 0;

  int64_t pixels() const { return images * height * width; }
  int64_t row() const { return static_cast<int64_t>(width) * channels; }
  int64_t size() const { return pixels() * channels; }
};

// A tensor of `channels` channels inside one of `stride` channels.
template <typename T>
struct Strided {
  const T* data = nullptr;
  int64_t stride = 0;
};

template <typename T>
struct CombineInput {
  Shape shape;
  std::vector<Strided<T>> scaled;
  std::vector<const T*> scale;  // one array of `channels` factors a scaled tensor
  const T* shift = nullptr;     // `channels` values, or null for none
  std::vector<const T*> plain;
  std::vector<const T*> pooled;  // summed, then average-pooled 3x3, stride 1, border cells left out of the count
};

template <typename T>
struct ActivatedOutput {
  space::Function function = space::Function::kRelu;
  T* values = nullptr;
};

// Writes the value to `raw`, unless it is null, and functions of it.
template <typename T>
void Combine(const CombineInput<T>& input, T* raw, const std::vector<ActivatedOutput<T>>& activated);

// Gradients of a function of the node, and what its derivative is taken from (see nn/activation.h).
template <typename T>
struct ActivatedGradient {
  space::Function function = space::Function::kRelu;
  const T* saved = nullptr;
  std::vector<const T*> gradients;
};

template <typename T>
struct GradientInput {
  Shape shape;
  std::vector<ActivatedGradient<T>> activated;
  std::vector<const T*> plain;
  std::vector<const T*> pooled;      // gradients of 3x3 average pools of this node
  std::vector<Strided<T>> products;  // what the sums of products are taken with
};

// Writes the gradient of a node to `gradient`, and to `sums` (1 + products) x channels: the sum of the gradient and of
// its product with each of `products`.
template <typename T>
void AssembleGradient(const GradientInput<T>& input, T* gradient, std::vector<double>* sums);

// target[p] = a * gradient[p] + b * value[p] + c per channel; target may be value's own memory.
template <typename T>
struct NormaliseBackwardTerm {
  Strided<T> value;
  T* target = nullptr;
  int64_t target_stride = 0;
  std::vector<T> a, b, c;
};
template <typename T>
void NormaliseBackward(const Shape& shape, const T* gradient, const std::vector<NormaliseBackwardTerm<T>>& terms);

// Mean and biased variance of every channel.
template <typename T>
void ChannelMoments(const Shape& shape, const T* values, std::vector<double>* mean, std::vector<double>* variance);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_KERNELS_H_
