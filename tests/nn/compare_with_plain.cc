#include "nn/compare_with_plain.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "nn/pass.h"
#include "nn/plain_network.h"

namespace nasshrink::nn {
namespace {

constexpr double kShareOfLargest = 0.1;

std::vector<double> Draw(size_t count, uint64_t stream, double spread = 1) {
  base::Philox random(11, base::Purpose::kSynthetic, stream);
  std::vector<double> values(count);
  // Numbers that float holds, so that both precisions start from the same ones.
  for (double& value : values) value = static_cast<double>(static_cast<float>(spread * random.Normal()));
  return values;
}

std::vector<double> RandomWeights(const Layout& layout) {
  std::vector<double> weights(layout.weights, 0.0);
  for (size_t i = 0; i < layout.parameters.size(); ++i) {
    const Parameter& parameter = layout.parameters[i];
    const bool scale = parameter.kind == ParameterKind::kNormScale;
    const bool window = parameter.kind == ParameterKind::kConv || parameter.kind == ParameterKind::kLinear;
    const double spread = window ? 1 / std::sqrt(static_cast<double>(parameter.fan_in())) : 0.3;
    const std::vector<double> values = Draw(parameter.size, 100 + i, spread);
    for (size_t k = 0; k < parameter.size; ++k) weights[parameter.offset + k] = values[k] + (scale ? 1 : 0);
  }
  return weights;
}

// What one training pass computes: logits, then the gradient of every parameter in the layout's order.
struct Outcome {
  std::vector<double> logits;
  std::vector<double> gradients;
  std::vector<bool> taken;  // by parameter: has a gradient
};

struct Batch {
  std::vector<double> images;  // image, channel, row, column
  std::vector<double> logit_gradient;
  int64_t count = 0;
};

at::Tensor Wrap(const std::vector<double>& values, size_t offset, at::IntArrayRef shape) {
  return at::from_blob(const_cast<double*>(values.data() + offset), shape, at::kDouble).clone();
}

std::vector<double> Flat(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  const double* const data = flat.const_data_ptr<double>();
  return {data, data + flat.numel()};
}

Outcome RunPlain(const NetworkPlan& plan, const std::vector<double>& weights, const Batch& batch,
                 const std::vector<space::Architecture>& cells) {
  PlainTensors tensors;
  std::vector<at::Tensor> leaves;
  for (const Parameter& parameter : plan.layout.parameters) {
    leaves.push_back(Wrap(weights, parameter.offset, parameter.shape).set_requires_grad(true));
    tensors.Add(parameter.name, leaves.back());
  }
  std::vector<PlainMixture> mixtures;
  for (const space::Architecture& architecture : cells) mixtures.push_back(OneOfEach(architecture));
  const space::Network& network = plan.space.network;
  const at::Tensor images =
      Wrap(batch.images, 0, {batch.count, network.input_channels, network.input_height, network.input_width});
  const at::Tensor logits = PlainNetwork(plan.space, plan.stand_alone, tensors).Logits(images, mixtures);
  logits.backward(Wrap(batch.logit_gradient, 0, logits.sizes()));
  Outcome outcome{Flat(logits.detach()), std::vector<double>(plan.layout.weights, 0.0), {}};
  for (size_t i = 0; i < leaves.size(); ++i) {
    outcome.taken.push_back(leaves[i].grad().defined());
    if (!outcome.taken[i]) continue;
    const std::vector<double> gradient = Flat(leaves[i].grad());
    std::copy(gradient.begin(), gradient.end(),
              outcome.gradients.begin() + static_cast<ptrdiff_t>(plan.layout.parameters[i].offset));
  }
  return outcome;
}

template <typename Real>
std::vector<Real> To(const std::vector<double>& values) {
  return std::vector<Real>(values.begin(), values.end());
}

template <typename Real>
Outcome RunEngine(const NetworkPlan& plan, const std::vector<double>& weights, const Batch& batch,
                  const std::vector<space::Architecture>& cells) {
  const c10::InferenceMode inference;
  const space::Network& network = plan.space.network;
  const at::Tensor images =
      Wrap(batch.images, 0, {batch.count, network.input_channels, network.input_height, network.input_width})
          .permute({0, 2, 3, 1})
          .to(at::CppTypeToScalarType<Real>::value)
          .contiguous();
  const std::vector<Real> values = To<Real>(weights);
  const Program program = CompileProgram(plan, cells);
  BufferPool pool;
  Pass pass(plan, program, values.data(), pool, true);
  const std::vector<Real>& logits = pass.Forward(images.const_data_ptr<Real>(), batch.count, nullptr);
  Outcome outcome{{logits.begin(), logits.end()}, {}, std::vector<bool>(plan.layout.parameters.size(), false)};
  std::vector<Real> gradients(plan.layout.weights, 0);
  pass.Backward(To<Real>(batch.logit_gradient).data(), gradients.data());
  outcome.gradients.assign(gradients.begin(), gradients.end());
  for (const uint32_t parameter : program.parameters) outcome.taken[parameter] = true;
  return outcome;
}

double Largest(const std::vector<double>& values, size_t offset, size_t count) {
  double largest = 0;
  for (size_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(values[offset + i]));
  return largest;
}

void ExpectNear(const std::vector<double>& found, const std::vector<double>& expected, size_t offset, size_t count,
                double bound, const std::string& name) {
  for (size_t i = offset; i < offset + count; ++i) {
    ASSERT_NEAR(found[i], expected[i], bound) << name << "[" << i - offset << "]";
  }
}

void ExpectAgreement(const NetworkPlan& plan, const Outcome& engine, const Outcome& plain, double relative) {
  ASSERT_EQ(engine.logits.size(), plain.logits.size());
  const double largest_logit = Largest(plain.logits, 0, plain.logits.size());
  ExpectNear(engine.logits, plain.logits, 0, plain.logits.size(), relative * largest_logit, "logits");
  const double largest = Largest(plain.gradients, 0, plain.gradients.size());
  for (size_t i = 0; i < plan.layout.parameters.size(); ++i) {
    const Parameter& parameter = plan.layout.parameters[i];
    const double own = Largest(plain.gradients, parameter.offset, parameter.size);
    // A weight that the engine leaves out has no gradient in the plain network either.
    if (!engine.taken[i]) {
      EXPECT_EQ(own, 0) << parameter.name;
    }
    if (!plain.taken[i]) {
      EXPECT_FALSE(engine.taken[i]) << parameter.name;
    }
    ExpectNear(engine.gradients, plain.gradients, parameter.offset, parameter.size,
               relative * std::max(own, kShareOfLargest * largest), parameter.name);
  }
}

}  // namespace

void CompareWithPlain(const space::Space& space, bool stand_alone, const std::vector<space::Architecture>& cells,
                      int64_t images, const Agreement& agreement) {
  at::set_num_threads(1);
  const auto plan = PlanNetwork(space, stand_alone);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  const space::Network& network = space.network;
  const size_t pixels = size_t{network.input_channels} * network.input_height * network.input_width;
  const auto count = static_cast<size_t>(images);
  const Batch batch{Draw(count * pixels, 1), Draw(count * network.classes, 2), images};
  const std::vector<double> weights = RandomWeights(plan->layout);
  const Outcome plain = RunPlain(*plan, weights, batch, cells);
  {
    SCOPED_TRACE("float");
    ExpectAgreement(*plan, RunEngine<float>(*plan, weights, batch, cells), plain, agreement.single);
  }
}

space::Architecture RandomChild(const space::Space& space, uint64_t seed) {
  base::Philox random(seed, base::Purpose::kSampleSpace);
  space::Architecture child;
  for (const space::Choice& choice : space.choices) {
    child.push_back(choice.alive[random.Below(static_cast<uint32_t>(choice.alive.size()))]);
  }
  return child;
}

}  // namespace nasshrink::nn
