// The element-wise half of a training step, fused: what happens to activations between two convolutions.
//
// All tensors are float, laid out image, row, column, channel (torch's channels_last). A node of the network is
//   value = sum of scaled convolution outputs + shift + other nodes + 3x3 average pools of other nodes
// and is computed in one pass; so is its gradient. Reductions are made per image and summed in image order, so results
// do not depend on the number of threads. Values are checked against plain torch code in tests/nn.
#ifndef NASSHRINK_NN_KERNELS_H_
#define NASSHRINK_NN_KERNELS_H_

#include <cstdint>
#include <vector>

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
struct Strided {
  const float* data = nullptr;
  int64_t stride = 0;
};

struct CombineInput {
  Shape shape;
  std::vector<Strided> scaled;
  std::vector<const float*> scale;  // one array of `channels` floats a scaled tensor
  const float* shift = nullptr;     // `channels` floats, or null for none
  std::vector<const float*> plain;
  std::vector<const float*> pooled;  // summed, then average-pooled 3x3, stride 1, border cells left out of the count
};

// Writes the value to `raw` and max(value, 0) to `rectified`; either may be null.
void Combine(const CombineInput& input, float* raw, float* rectified);

struct GradientInput {
  Shape shape;
  std::vector<const float*> masked;  // count where `rectified` is above 0
  const float* rectified = nullptr;
  std::vector<const float*> plain;
  std::vector<const float*> pooled;  // gradients of 3x3 average pools of this node
  std::vector<Strided> products;     // what the sums of products are taken with
};

// Writes the gradient of a node to `gradient`, and to `sums` (1 + products) x channels: the sum of the gradient and of
// its product with each of `products`.
void AssembleGradient(const GradientInput& input, float* gradient, std::vector<double>* sums);

// target[p] = a * gradient[p] + b * value[p] + c per channel; target may be value's own memory.
struct NormaliseBackwardTerm {
  Strided value;
  float* target = nullptr;
  int64_t target_stride = 0;
  std::vector<float> a, b, c;
};
void NormaliseBackward(const Shape& shape, const float* gradient, const std::vector<NormaliseBackwardTerm>& terms);

// Mean and biased variance of every channel.
void ChannelMoments(const Shape& shape, const float* values, std::vector<double>* mean, std::vector<double>* variance);

// 2x2 average pool with stride 2 (even sizes), and its gradient; `shape` is that of the larger tensor.
void Halve(const Shape& shape, const float* values, float* halved);
void HalveBackward(const Shape& shape, const float* halved_gradient, float* gradient);

// Mean over the pixels of an image, [images, channels]; and its gradient.
void PixelMean(const Shape& shape, const float* values, float* means);
void PixelMeanBackward(const Shape& shape, const float* mean_gradient, float* gradient);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_KERNELS_H_
