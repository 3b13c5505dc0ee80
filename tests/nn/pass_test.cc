// The fused pass against the same network in plain torch operations, in double, with torch's own gradients.
#include "nn/pass.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "nn/head.h"
#include "nn/toy_space.h"

namespace nasshrink::nn {
namespace {

// One operation after the other, edge by edge, dead edges included.
class PlainNetwork {
 public:
  PlainNetwork(const NetworkPlan& plan, const Weights& weights) : plan_(plan) {
    for (const Parameter& parameter : plan.layout.parameters) {
      auto* data = const_cast<float*>(weights.current.data() + parameter.offset);
      tensors_.push_back(at::from_blob(data, parameter.shape).to(at::kDouble).clone().set_requires_grad(true));
    }
  }

  at::Tensor Forward(at::Tensor x, const std::vector<space::Architecture>& cells) {
    const auto& layers = plan_.space.network.layers;
    size_t ordinal = 0;
    for (size_t i = 0; i < layers.size(); ++i) {
      prefix_ = plan_.prefixes[i];
      const auto* op = std::get_if<space::OperatorDef>(&layers[i].body);
      if (op == nullptr) {
        x = Cell(x, std::get<space::LayerCell>(layers[i].body).cell, cells.size() == 1 ? cells[0] : cells[ordinal]);
        ++ordinal;
      } else if (op->kind == "conv_bn") {
        x = Norm(Convolve(x, ".0", 3, 1), ".1");
      } else if (op->kind == "resnet_block") {
        const at::Tensor middle = Norm(Convolve(at::relu(x), ".conv_a.op.1", 3, 2), ".conv_a.op.2");
        const at::Tensor main = Norm(Convolve(at::relu(middle), ".conv_b.op.1", 3, 1), ".conv_b.op.2");
        x = main + Convolve(at::avg_pool2d(x, 2, 2), ".downsample.1", 1, 1);
      } else if (op->kind == "bn_relu") {
        x = at::relu(Norm(x, ".0"));
      } else if (op->kind == "global_avg_pool") {
        x = x.mean({2, 3});
      } else if (op->kind == "linear") {
        x = at::linear(x, Tensor(".weight"), Tensor(".bias"));
      }
    }
    return x;
  }

  const at::Tensor& tensor(size_t index) const { return tensors_[index]; }

 private:
  at::Tensor Tensor(const std::string& name) const { return tensors_[plan_.parameters.at(prefix_ + name)]; }
  at::Tensor Convolve(const at::Tensor& x, const std::string& name, int64_t kernel, int64_t stride) {
    return at::conv2d(x, Tensor(name + ".weight"), {}, stride, kernel / 2);
  }
  at::Tensor Norm(const at::Tensor& x, const std::string& name) {
    at::Tensor scale;
    at::Tensor shift;
    if (plan_.parameters.count(prefix_ + name + ".weight") != 0) {
      scale = Tensor(name + ".weight");
      shift = Tensor(name + ".bias");
    }
    return at::batch_norm(x, scale, shift, {}, {}, true, 0.1, 1e-5, false);
  }
  at::Tensor Cell(const at::Tensor& x, uint32_t index, const space::Architecture& architecture) {
    const space::Cell& cell = plan_.space.network.cells[index];
    std::vector<at::Tensor> nodes(cell.nodes, at::zeros_like(x));
    nodes[0] = x;
    for (const space::CellEdge& edge : cell.edges) {
      const uint32_t candidate = architecture[edge.choice];
      const space::OperatorDef& op = *plan_.space.choices[edge.choice].candidates[candidate].op();
      const std::string name = fmt::format(".edges.{}<-{}.{}.op", edge.to, edge.from, candidate);
      const at::Tensor& source = nodes[edge.from];
      at::Tensor value;
      if (op.kind == "none") value = source * 0;
      if (op.kind == "identity") value = source;
      if (op.kind == "relu_conv_bn") {
        value = Norm(Convolve(at::relu(source), name + ".1", op.Integer("kernel", 1), 1), name + ".2");
      }
      if (op.kind == "avg_pool") value = at::avg_pool2d(source, 3, 1, 1, false, false);
      nodes[edge.to] = nodes[edge.to] + value;
    }
    return nodes[cell.outputs[0]];
  }

  const NetworkPlan& plan_;
  std::string prefix_;
  std::vector<at::Tensor> tensors_;
};

struct Fused {
  std::vector<float> logits;
  std::vector<float> gradients;
  double loss = 0;
};

void CompareOn(const NetworkPlan& plan, const Weights& weights, const ToyBatch& batch,
               const std::vector<space::Architecture>& cells, double smoothing) {
  at::set_num_threads(1);
  PlainNetwork plain(plan, weights);
  const ToySize& size = batch.size;
  at::Tensor x =
      at::from_blob(const_cast<float*>(batch.images.data()), {batch.count, size.input_channels, size.side, size.side});
  const at::Tensor targets = at::from_blob(const_cast<int64_t*>(batch.targets.data()), {batch.count}, at::kLong);
  const at::Tensor logits = plain.Forward(x.to(at::kDouble), cells);
  const at::Tensor loss = at::cross_entropy_loss(logits, targets, {}, at::Reduction::Mean, -100, smoothing);
  loss.backward();

  const c10::InferenceMode inference;
  const Program program = CompileProgram(plan, cells);
  BufferPool pool;
  Pass<float> pass(plan, program, weights.current.data(), pool, true);
  const at::Tensor last = x.permute({0, 2, 3, 1}).contiguous();
  const std::vector<float>& fused = pass.Forward(last.const_data_ptr<float>(), batch.count, nullptr);
  const auto expected = logits.accessor<double, 2>();
  for (int64_t n = 0; n < batch.count; ++n) {
    for (int64_t k = 0; k < size.classes; ++k) {
      ASSERT_NEAR(fused[static_cast<size_t>(n * size.classes + k)], expected[n][k], 2e-5) << "logit " << n << "," << k;
    }
  }
  std::vector<float> logit_gradient(fused.size());
  const LossOutcome outcome = CrossEntropy(batch.count, static_cast<int>(size.classes), fused.data(),
                                           batch.targets.data(), smoothing, logit_gradient.data());
  EXPECT_NEAR(outcome.loss, loss.item<double>(), 1e-5);

  std::vector<float> gradients(plan.layout.weights, 0.0F);
  pass.Backward(logit_gradient.data(), gradients.data());
  std::vector<bool> taken(plan.layout.parameters.size(), false);
  for (const uint32_t index : program.parameters) taken[index] = true;
  for (size_t i = 0; i < plan.layout.parameters.size(); ++i) {
    const Parameter& parameter = plan.layout.parameters[i];
    const at::Tensor gradient = plain.tensor(i).grad();
    if (!gradient.defined()) {
      EXPECT_FALSE(taken[i]) << parameter.name;
      continue;
    }
    const at::Tensor flat = gradient.contiguous().flatten();
    const auto values = flat.accessor<double, 1>();
    double largest = 0;
    for (int64_t k = 0; k < flat.size(0); ++k) largest = std::max(largest, std::abs(values[k]));
    // A weight that was left out has no gradient in the plain network either.
    if (!taken[i]) {
      EXPECT_LT(largest, 1e-12) << parameter.name;
    }
    for (int64_t k = 0; k < flat.size(0); ++k) {
      ASSERT_NEAR(gradients[parameter.offset + static_cast<size_t>(k)], values[k], 2e-5 + 2e-4 * largest)
          << parameter.name << "[" << k << "]";
    }
  }
}

void CompareIn(const space::Space& space, const ToySize& size, const std::vector<space::Architecture>& cells,
               int64_t count, double smoothing) {
  const auto plan = PlanNetwork(space, false);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  Weights weights;
  ASSERT_TRUE(Initialise(plan->layout, "kaiming_uniform", 3, &weights).ok());
  base::Philox random(5, base::Purpose::kWeights);
  for (const Parameter& parameter : plan->layout.parameters) {
    if (parameter.kind == ParameterKind::kConv) continue;
    for (size_t i = 0; i < parameter.size; ++i) {
      weights.current[parameter.offset + i] += 0.3F * static_cast<float>(random.Normal());
    }
  }
  CompareOn(*plan, weights, MakeToyBatch(count, size), cells, smoothing);
}

void Compare(const ToySize& size, const std::vector<space::Architecture>& cells, int64_t count = 3,
             double smoothing = 0) {
  CompareIn(ToySpace(size), size, cells, count, smoothing);
}

constexpr uint32_t kNone = 0, kSkip = 1, kConv1 = 2, kConv3 = 3, kPool = 4;

TEST(Pass, AgreesWithPlainOperationsOnEveryKindOfCell) {
  const std::vector<space::Architecture> cells = {
      {kConv3, kConv3, kConv3, kConv3, kConv3, kConv3}, {kConv1, kConv1, kConv1, kConv1, kConv1, kConv1},
      {kSkip, kSkip, kSkip, kSkip, kSkip, kSkip},       {kPool, kPool, kPool, kPool, kPool, kPool},
      {kConv3, kConv3, kConv3, kSkip, kConv3, kConv1},  {kSkip, kConv3, kConv3, kPool, kSkip, kConv1},
      {kNone, kPool, kConv1, kNone, kConv3, kSkip},     {kConv3, kNone, kNone, kSkip, kNone, kConv1},
      {kNone, kNone, kNone, kPool, kNone, kNone},       {kSkip, kNone, kSkip, kNone, kNone, kSkip},
      {kPool, kConv1, kSkip, kConv3, kPool, kPool},     {kSkip, kSkip, kPool, kConv1, kConv3, kSkip}};
  for (const auto& cell : cells) {
    SCOPED_TRACE(space::CodesOf(ToySpace(), cell));
    Compare({}, {cell});
  }
}

TEST(Pass, AgreesForChannelCountsOfEveryVectorWidth) {
  for (const uint32_t channels : {1U, 3U, 8U, 16U}) {
    SCOPED_TRACE(channels);
    Compare({channels, 1, 1, 8, 2}, {{kConv3, kConv3, kPool, kSkip, kConv1, kConv3}});
  }
}

TEST(Pass, AgreesWithSeveralCellsAStageAndLabelSmoothing) {
  Compare({4, 2, 3, 8, 5}, {{kConv3, kSkip, kConv1, kPool, kSkip, kConv3}}, 4, 0.1);
}

TEST(Pass, AgreesWhenEveryCellIsItsOwnChild) {
  Compare({4, 1, 2, 8, 3}, {{kConv3, kSkip, kConv1, kPool, kSkip, kConv3},
                            {kSkip, kSkip, kSkip, kSkip, kSkip, kSkip},
                            {kNone, kConv1, kPool, kSkip, kConv3, kConv3}});
}

TEST(Pass, LearnsOnlyBehindTheLastCellWithoutAPath) {
  Compare({}, {{kNone, kNone, kConv3, kNone, kConv3, kConv1}});
  Compare({4, 1, 2, 8, 3}, {{kConv3, kSkip, kConv1, kPool, kSkip, kConv3},
                            {kNone, kNone, kConv3, kNone, kConv3, kConv1},
                            {kNone, kConv1, kPool, kSkip, kConv3, kConv3}});
}

TEST(Pass, AgreesWithoutAStemWhereCellsReadTheImages) {
  const ToySize size = {4, 1, 4, 8, 3};
  space::Space space = ToySpace(size);
  space.network.layers.erase(space.network.layers.begin());
  for (const space::Architecture& cell :
       std::vector<space::Architecture>{{kConv3, kSkip, kConv1, kPool, kSkip, kConv3},
                                        {kSkip, kNone, kSkip, kNone, kNone, kSkip},
                                        {kPool, kConv1, kSkip, kConv3, kPool, kPool}}) {
    SCOPED_TRACE(space::CodesOf(space, cell));
    CompareIn(space, size, {cell}, 3, 0);
  }
  space.network.layers.erase(space.network.layers.begin());  // the residual block is first
  CompareIn(space, size, {{kConv3, kSkip, kConv1, kPool, kSkip, kConv3}}, 3, 0);
  space.network.layers.erase(space.network.layers.begin(), space.network.layers.end() - 3);  // bn_relu is first
  CompareIn(space, size, {{kConv3, kSkip, kConv1, kPool, kSkip, kConv3}}, 3, 0);
  space.network.layers.erase(space.network.layers.begin());  // the pool is first
  CompareIn(space, size, {{kConv3, kSkip, kConv1, kPool, kSkip, kConv3}}, 3, 0);
}

TEST(Pass, AgreesWithBnReluElsewhereThanBeforeThePool) {
  const ToySize size = {4, 1, 2, 8, 3};
  space::Space space = ToySpace(size);
  const size_t count = space.network.layers.size();
  space.network.layers.insert(space.network.layers.begin() + 1, space.network.layers[count - 3]);
  CompareIn(space, size, {{kConv3, kSkip, kConv1, kPool, kSkip, kConv3}}, 3, 0);
}

TEST(Pass, ActivationsDoNotDependOnTheBatchAroundAnImageWithGivenMoments) {
  const auto plan = PlanNetwork(ToySpace(), false);
  ASSERT_TRUE(plan.ok());
  Weights weights;
  ASSERT_TRUE(Initialise(plan->layout, "kaiming_uniform", 3, &weights).ok());
  const ToyBatch batch = MakeToyBatch(4);
  const Program program = CompileProgram(*plan, {{kConv3, kPool, kConv1, kSkip, kConv3, kConv3}});
  BufferPool pool;
  const GivenMoments<float> given{weights.running_mean.data(), weights.running_variance.data()};
  const c10::InferenceMode inference;
  Pass<float> pass(*plan, program, weights.current.data(), pool, false);
  const std::vector<float> together = pass.Forward(batch.images.data(), 4, &given);
  const std::vector<float> alone = pass.Forward(batch.images.data(), 1, &given);
  for (size_t k = 0; k < alone.size(); ++k) EXPECT_FLOAT_EQ(alone[k], together[k]);
}

}  // namespace
}  // namespace nasshrink::nn
