// The auxiliary head: values and gradients against plain tensor code, training with it, and what is left of it.
#include "nn/auxiliary_head.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <variant>

#include "nn/compare_with_plain.h"
#include "nn/differences.h"
#include "nn/plain_network.h"
#include "nn/toy_space.h"
#include "space/codec.h"

namespace nasshrink::nn {
namespace {

constexpr int64_t kImages = 6;

// DARTS's network of as many cells with one child: separable and dilated convolutions, pools and identities.
space::Space OneChild(uint32_t side, uint32_t layers) {
  v1::PresetOptions options;
  options.set_classes(3);
  options.set_input_channels(2);
  options.set_input_height(side);
  options.set_input_width(side);
  options.set_channels(2);
  options.set_layers(layers);
  space::Space space = *space::Preset("darts", options);
  for (size_t i = 0; i < space.choices.size(); ++i) {
    const std::vector<uint32_t> alive = space.choices[i].alive;
    space.choices[i].alive = {alive[(3 * i + 2) % alive.size()]};
  }
  space::Finish(space);
  return space;
}

space::Architecture ChildOf(const space::Space& space) {
  space::Architecture child;
  for (const space::Choice& choice : space.choices) child.push_back(choice.alive[0]);
  return child;
}

at::Tensor Leaf(const std::vector<double>& values, at::IntArrayRef shape) {
  return at::from_blob(const_cast<double*>(values.data()), shape, at::kDouble).clone().set_requires_grad(true);
}

// AuxiliaryHeadCIFAR and AuxiliaryHeadImageNet of DARTS's code; the latter's second batch norm was left out by mistake.
at::Tensor PlainHead(const PlainTensors& all, const at::Tensor& in, int64_t stride) {
  PlainTensors tensors = all;
  const PlainScope features = PlainScope(tensors, false).Below("auxiliary_head").Below("features");
  at::Tensor x = at::avg_pool2d(at::relu(in), {5, 5}, {stride, stride}, {0, 0}, false, false);
  EXPECT_EQ(x.size(2), 2);
  x = at::relu(features.Normalise(features.Convolve(x, "2", 128, {}), "3"));
  x = at::conv2d(x, tensors.Find("auxiliary_head.features.5.weight", {768, 128, 2, 2}));
  x = at::relu(features.Normalise(x, "6")).flatten(1);
  return at::linear(x, tensors.Find("auxiliary_head.classifier.weight", {3, 768}),
                    tensors.Find("auxiliary_head.classifier.bias", {3}));
}

struct Size {
  uint32_t side, layers;
  size_t second;   // cell that reduces for the second time
  int64_t stride;  // of the published pool
};

class AuxiliaryHeads : public testing::TestWithParam<Size> {};

TEST_P(AuxiliaryHeads, ValuesAndGradientsAgreeWithPlainCode) {
  at::set_num_threads(1);
  const Size size = GetParam();
  const space::Space space = OneChild(size.side, size.layers);
  const auto plan = PlanNetwork(space, true, true);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  const std::vector<double> weights = RandomWeights(plan->layout);
  const std::vector<double> images = Normals(kImages * 2 * size.side * size.side, 3);
  const std::vector<double> gradient = Normals(kImages * 3, 4);
  const std::vector<double> other = Normals(kImages * 3, 5);

  PlainTensors tensors;
  std::vector<at::Tensor> leaves;
  for (const Parameter& parameter : plan->layout.parameters) {
    const auto begin = weights.begin() + static_cast<ptrdiff_t>(parameter.offset);
    leaves.push_back(Leaf({begin, begin + static_cast<ptrdiff_t>(parameter.size)}, parameter.shape));
    tensors.Add(parameter.name, leaves.back());
  }
  const at::Tensor input = Leaf(images, {kImages, 2, size.side, size.side}).detach();
  const std::vector<at::Tensor> values =
      PlainNetwork(space, true, tensors).Values(input, {OneOfEach(ChildOf(space))}, false);
  const at::Tensor logits = values.back().flatten(1);
  // The images, the stem, the cells.
  const at::Tensor auxiliary = PlainHead(tensors, values[2 + size.second], size.stride);
  const at::Tensor loss = (logits * Leaf(gradient, logits.sizes()).detach()).sum() +
                          (auxiliary * Leaf(other, auxiliary.sizes()).detach()).sum();
  loss.backward();

  const Program program = CompileProgram(*plan, {ChildOf(space)}, Drops::kNone, Heads::kBoth);
  ASSERT_TRUE(program.auxiliary.has_value());
  const c10::InferenceMode inference;
  const at::Tensor channels_last = input.permute({0, 2, 3, 1}).contiguous();
  BufferPool pool;
  Pass<double> pass(*plan, program, weights.data(), pool, true);
  const std::vector<double> found = pass.Forward(channels_last.const_data_ptr<double>(), kImages, nullptr);
  for (int64_t i = 0; i < kImages * 3; ++i) {
    EXPECT_NEAR(found[i], logits.const_data_ptr<double>()[i], 1e-9);
    EXPECT_NEAR(pass.auxiliary_logits()[i], auxiliary.const_data_ptr<double>()[i], 1e-9);
  }
  std::vector<double> gradients(weights.size(), 0.0);
  pass.Backward(gradient.data(), gradients.data(), nullptr, other.data());
  size_t of_head = 0;
  for (size_t i = 0; i < leaves.size(); ++i) {
    const Parameter& parameter = plan->layout.parameters[i];
    const bool taken = std::binary_search(program.parameters.begin(), program.parameters.end(), i);
    of_head += IsOfAuxiliaryHead(parameter.name) ? 1 : 0;
    EXPECT_TRUE(taken || !IsOfAuxiliaryHead(parameter.name)) << parameter.name;
    if (!leaves[i].grad().defined()) {
      EXPECT_FALSE(taken) << parameter.name;
      continue;
    }
    const at::Tensor expected = leaves[i].grad().contiguous();
    const double largest = expected.abs().max().item<double>();
    for (size_t k = 0; k < parameter.size; ++k) {
      ASSERT_NEAR(gradients[parameter.offset + k], expected.const_data_ptr<double>()[k], 1e-9 * (1 + largest))
          << parameter.name;
    }
  }
  EXPECT_EQ(of_head, 8U);  // two convolutions, two norms of two, a classifier with bias
}

std::string NameOf(const testing::TestParamInfo<Size>& info) {
  return "side" + std::to_string(info.param.side) + "layers" + std::to_string(info.param.layers);
}
// CIFAR's picture of 8x8 pixels behind the second reduction and ImageNet's of 7x7; cells L/3 and 2L/3 reduce.
INSTANTIATE_TEST_SUITE_P(Sizes, AuxiliaryHeads, testing::Values(Size{32, 4, 2, 3}, Size{28, 5, 3, 2}), NameOf);

TEST(AuxiliaryHead, StandsBehindTheSecondReductionOfOtherPicturesToo) {
  for (const uint32_t side : {4U, 8U, 16U, 64U}) {
    const auto plan = PlanNetwork(OneChild(side, 3), true, true);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    EXPECT_EQ(*plan->auxiliary_layer, 3U);
    const Program program = CompileProgram(*plan, {ChildOf(plan->space)}, Drops::kNone, Heads::kBoth);
    EXPECT_EQ(program.auxiliary->in, 768);
  }
  const auto bench = PlanNetwork(ToySpace(), false, true);
  ASSERT_TRUE(bench.ok()) << bench.status().message();
  EXPECT_TRUE(std::holds_alternative<space::OperatorDef>(bench->space.network.layers[*bench->auxiliary_layer].body));
  space::Space shallow = OneChild(8, 3);
  shallow.network.layers.erase(shallow.network.layers.begin() + 2);
  EXPECT_EQ(PlanNetwork(shallow, true, true).status().code(), base::Code::kInvalidArgument);
}

run::TrainOptions WithHead() {
  run::TrainOptions options;
  options.optimizer.learning_rate = 0.05;
  options.schedule_steps = 20;
  options.auxiliary_weight = 0.4;
  options.seed = 3;
  return options;
}

std::unique_ptr<run::Supernet> ChildWithHead(run::Backend& backend, const space::Space& space, bool head) {
  run::SupernetOptions options;
  options.stand_alone = true;
  options.auxiliary_head = head;
  return *backend.NewSupernet(space, options);
}

TEST(AuxiliaryHead, ItsLossIsAddedWithItsWeight) {
  const space::Space space = OneChild(8, 3);
  const ToySize size = {2, 1, 2, 8, 3};
  const ToyBatch batch = MakeToyBatch(8, size);
  const auto loss_of = [&](double weight, bool head) {
    const auto backend = ToyBackend();
    const auto child = ChildWithHead(*backend, space, head);
    run::TrainOptions options = WithHead();
    options.auxiliary_weight = weight;
    const auto trainer = *child->NewTrainer(options);
    return trainer->Step(batch.inputs_view(), batch.targets_view())->loss;
  };
  // The network itself begins with the weights it has without a head.
  const double alone = loss_of(0, false);
  EXPECT_EQ(loss_of(0, true), alone);
  const double head = loss_of(1, true) - alone;
  EXPECT_GT(head, 0.1);
  EXPECT_NEAR(loss_of(0.4, true), alone + 0.4 * head, 1e-5);
}

TEST(AuxiliaryHead, TrainsAndIsLeftBehind) {
  const auto backend = ToyBackend();
  const space::Space space = OneChild(8, 3);
  const auto child = ChildWithHead(*backend, space, true);
  const auto trainer = *child->NewTrainer(WithHead());
  const ToyBatch batch = MakeToyBatch(8, {2, 1, 2, 8, 3});
  const auto before = child->Tensor("auxiliary_head.features.5.weight");
  ASSERT_TRUE(before.ok());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(trainer->Step(batch.inputs_view(), batch.targets_view()).ok());
  EXPECT_NE(child->Tensor("auxiliary_head.features.5.weight")->values, before->values);
  EXPECT_EQ(trainer->Forward(batch.inputs_view()).status().code(), base::Code::kFailedPrecondition);

  const auto bare = child->Inherit(space, {});
  ASSERT_TRUE(bare.ok()) << bare.status().message();
  const std::string with = *child->Serialize({});
  const std::string without = *(*bare)->Serialize({});
  EXPECT_NE(with.find("auxiliary_head"), std::string::npos);
  EXPECT_EQ(without.find("auxiliary_head"), std::string::npos);
  EXPECT_EQ(*child->Extract(ChildOf(space), {}), *(*bare)->Extract(ChildOf(space), {}));
  EXPECT_EQ((*bare)->NewTrainer(WithHead()).status().code(), base::Code::kFailedPrecondition);
}

TEST(AuxiliaryHead, ContinuesBitForBitFromASnapshot) {
  const auto backend = ToyBackend();
  const space::Space space = OneChild(8, 3);
  const ToyBatch batch = MakeToyBatch(8, {2, 1, 2, 8, 3});
  run::TrainOptions options = WithHead();
  options.micro_batch_size = 5;
  options.drop_path = 0.5;
  const auto whole = ChildWithHead(*backend, space, true);
  const auto trainer = *whole->NewTrainer(options);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(trainer->Step(batch.inputs_view(), batch.targets_view()).ok());
  const auto loaded = backend->LoadSupernet(space, *whole->Serialize({}));
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  const auto other = *(*loaded)->NewTrainer(options);
  ASSERT_TRUE(other->Restore(*trainer->Snapshot()).ok());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(trainer->Step(batch.inputs_view(), batch.targets_view()).ok());
    ASSERT_TRUE(other->Step(batch.inputs_view(), batch.targets_view()).ok());
  }
  EXPECT_EQ(*(*loaded)->Serialize({}), *whole->Serialize({}));
}

// A child that begins with its supernet's weights gets a new head.
TEST(AuxiliaryHead, IsNewInAnHeir) {
  const auto backend = ToyBackend();
  const space::Space space = OneChild(8, 3);
  const auto supernet = *backend->NewSupernet(space, {});
  run::InheritOptions options;
  options.stand_alone = true;
  options.auxiliary_head = true;
  const auto child = supernet->Inherit(space, options);
  ASSERT_TRUE(child.ok()) << child.status().message();
  EXPECT_EQ((*child)->Tensor("classifier.weight")->values, supernet->Tensor("classifier.weight")->values);
  EXPECT_EQ((*child)->Tensor("auxiliary_head.classifier.bias")->shape, (std::vector<int64_t>{3}));
  EXPECT_TRUE((*child)->NewTrainer(WithHead()).ok());
}

}  // namespace
}  // namespace nasshrink::nn
