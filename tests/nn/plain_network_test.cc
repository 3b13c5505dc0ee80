// The plain network that the engine is compared with consists of what is published.
#include "nn/plain_network.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "nn/compare_with_plain.h"
#include "nn/small_presets.h"
#include "space/cost.h"
#include "space/notation.h"
#include "space/published_networks.h"

namespace nasshrink::nn {
namespace {

// Of what has a gradient: weights on a path.
uint64_t LiveParametersOf(const PlainTensors& tensors) {
  uint64_t elements = 0;
  for (const auto& [name, tensor] : tensors.all()) {
    if (tensor.grad().defined()) elements += static_cast<uint64_t>(tensor.numel());
  }
  return elements;
}

int64_t ParametersOf(const PlainTensors& tensors) {
  int64_t elements = 0;
  for (const auto& [name, tensor] : tensors.all()) elements += tensor.numel();
  return elements;
}

TEST(PlainNetwork, HasThePublishedParameters) {
  at::set_num_threads(1);
  const c10::InferenceMode inference;
  for (const tests::PublishedNetwork& network : tests::PublishedNetworks(32)) {
    const auto child = space::ImportArchitecture(network.space, "ops", network.codes);
    ASSERT_TRUE(child.ok()) << child.status().message();
    PlainTensors tensors(true);
    const at::Tensor logits =
        PlainNetwork(network.space, true, tensors).Logits(at::zeros({1, 3, 32, 32}), {OneOfEach(*child)});
    EXPECT_EQ(logits.size(1), 1000) << network.name;
    EXPECT_EQ(ParametersOf(tensors), static_cast<int64_t>(network.params)) << network.name;
  }
}

TEST(PlainNetwork, HasTheParametersThatAreCounted) {
  at::set_num_threads(1);
  for (const SmallPreset& preset : SmallPresets()) {
    SCOPED_TRACE(preset.name);
    const auto model = space::CostModel::Make(preset.space);
    ASSERT_TRUE(model.ok()) << model.status().message();
    const space::Network& network = preset.space.network;
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      const space::Architecture child = RandomChild(preset.space, seed);
      PlainTensors tensors(true);
      const at::Tensor images = at::rand({2, network.input_channels, network.input_height, network.input_width});
      const at::Tensor logits = PlainNetwork(preset.space, true, tensors).Logits(images, {OneOfEach(child)});
      EXPECT_TRUE(at::isfinite(logits).all().item<bool>());
      logits.sum().backward();
      EXPECT_EQ(LiveParametersOf(tensors), model->LiveParams(child)) << space::CodesOf(preset.space, child);
    }
  }
}

}  // namespace
}  // namespace nasshrink::nn
