#include "nn/caller_batch.h"

#include <fmt/ranges.h>

#include <string>

namespace nasshrink::nn {

Shape ShapeOf(const run::TensorView& inputs) {
  return {inputs.shape[0], static_cast<int>(inputs.shape[2]), static_cast<int>(inputs.shape[3]),
          static_cast<int>(inputs.shape[1])};
}

base::Status CheckInputs(const space::Network& network, const run::TensorView& inputs) {
  if (inputs.dtype == run::DType::kFloat32 && inputs.shape.size() == 4 && inputs.shape[0] >= 1 &&
      inputs.shape[1] == network.input_channels && inputs.shape[2] == network.input_height &&
      inputs.shape[3] == network.input_width && inputs.data != nullptr) {
    return {};
  }
  return base::Invalid(
      "inputs", fmt::format("[{}]", fmt::join(inputs.shape, ", ")),
      fmt::format("float32 [batch, {}, {}, {}]", network.input_channels, network.input_height, network.input_width),
      "the batch is not what the network takes");
}

base::Status CheckTargets(const space::Network& network, const run::TensorView& targets, int64_t images) {
  if (targets.dtype != run::DType::kInt64 || targets.shape.size() != 1 || targets.shape[0] != images ||
      targets.data == nullptr) {
    return base::Invalid("targets", fmt::format("[{}]", fmt::join(targets.shape, ", ")),
                         fmt::format("int64 [{}]", images), "the targets do not fit the inputs");
  }
  const auto* labels = static_cast<const int64_t*>(targets.data);
  for (int64_t i = 0; i < images; ++i) {
    if (labels[i] < 0 || labels[i] >= network.classes) {
      return base::Invalid(fmt::format("targets[{}]", i), labels[i], fmt::format("0..{}", network.classes - 1),
                           "the label is out of range");
    }
  }
  return {};
}

std::vector<float> ChannelsLast(const float* images, const Shape& shape) {
  std::vector<float> out(static_cast<size_t>(shape.size()));
  const int64_t plane = static_cast<int64_t>(shape.height) * shape.width;
  for (int64_t image = 0; image < shape.images; ++image) {
    const float* source = images + image * plane * shape.channels;
    float* target = out.data() + image * plane * shape.channels;
    for (int c = 0; c < shape.channels; ++c) {
      for (int64_t p = 0; p < plane; ++p) target[p * shape.channels + c] = source[c * plane + p];
    }
  }
  return out;
}

}  // namespace nasshrink::nn
