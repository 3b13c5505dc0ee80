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

}  // namespace

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

namespace {

// What one training pass computes: logits, then the gradients in the layout's order.
struct Outcome {
  std::vector<double> logits;
  std::vector<double> gradients;
  std::vector<bool> taken;  // by parameter: has a gradient
  std::vector<double> gate_gradients;
};

// What both sides start from.
struct Trial {
  const NetworkPlan& plan;
  std::vector<double> weights;
  std::vector<double> images;  // image, channel, row, column
  std::vector<double> logit_gradient;
  std::vector<double> gates;
  int64_t count = 0;
  std::vector<double> means;  // of batch norms, where they are given
  std::vector<double> variances;

  std::vector<int64_t> image_shape() const {
    const space::Network& network = plan.space.network;
    return {count, network.input_channels, network.input_height, network.input_width};
  }
};

Trial MakeTrial(const NetworkPlan& plan, int64_t images, std::vector<double> gates = {}) {
  const space::Network& network = plan.space.network;
  const size_t pixels = size_t{network.input_channels} * network.input_height * network.input_width;
  const auto count = static_cast<size_t>(images);
  Trial trial{plan,
              RandomWeights(plan.layout),
              Draw(count * pixels, 1),
              Draw(count * network.classes, 2),
              std::move(gates),
              images,
              Draw(plan.layout.channels, 4),
              Draw(plan.layout.channels, 5)};
  for (double& variance : trial.variances) variance = 0.5 + std::abs(variance);
  return trial;
}

at::Tensor Wrap(const std::vector<double>& values, size_t offset, at::IntArrayRef shape) {
  return at::from_blob(const_cast<double*>(values.data() + offset), shape, at::kDouble).clone();
}

std::vector<double> Flat(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  const double* const data = flat.const_data_ptr<double>();
  return {data, data + flat.numel()};
}

Outcome RunPlain(const Trial& trial, const std::vector<PlainMixture>& cells, const at::Tensor& gates) {
  PlainTensors tensors;
  std::vector<at::Tensor> leaves;
  for (const Parameter& parameter : trial.plan.layout.parameters) {
    leaves.push_back(Wrap(trial.weights, parameter.offset, parameter.shape).set_requires_grad(true));
    tensors.Add(parameter.name, leaves.back());
  }
  const PlainNetwork network(trial.plan.space, trial.plan.stand_alone, tensors);
  const at::Tensor logits = network.Logits(Wrap(trial.images, 0, trial.image_shape()), cells);
  logits.backward(Wrap(trial.logit_gradient, 0, logits.sizes()));
  Outcome outcome{Flat(logits.detach()), std::vector<double>(trial.plan.layout.weights, 0.0), {}, {}};
  for (size_t i = 0; i < leaves.size(); ++i) {
    outcome.taken.push_back(leaves[i].grad().defined());
    if (!outcome.taken[i]) continue;
    const std::vector<double> gradient = Flat(leaves[i].grad());
    const auto offset = static_cast<ptrdiff_t>(trial.plan.layout.parameters[i].offset);
    std::copy(gradient.begin(), gradient.end(), outcome.gradients.begin() + offset);
  }
  if (gates.defined()) outcome.gate_gradients = Flat(gates.grad());
  return outcome;
}

// Logits with given moments.
std::vector<double> RunPlainWithMoments(const Trial& trial, const std::vector<PlainMixture>& cells) {
  PlainTensors tensors;
  for (const Parameter& parameter : trial.plan.layout.parameters) {
    tensors.Add(parameter.name, Wrap(trial.weights, parameter.offset, parameter.shape));
  }
  for (const Statistics& norm : trial.plan.layout.statistics) {
    const auto channels = static_cast<int64_t>(norm.channels);
    tensors.Add(norm.name + ".running_mean", Wrap(trial.means, norm.offset, {channels}));
    tensors.Add(norm.name + ".running_var", Wrap(trial.variances, norm.offset, {channels}));
  }
  const PlainNetwork network(trial.plan.space, trial.plan.stand_alone, tensors);
  return Flat(network.Logits(Wrap(trial.images, 0, trial.image_shape()), cells, true));
}

template <typename T>
std::vector<T> To(const std::vector<double>& values) {
  return std::vector<T>(values.begin(), values.end());
}

template <typename T>
at::Tensor ChannelsLast(const Trial& trial) {
  return Wrap(trial.images, 0, trial.image_shape())
      .permute({0, 2, 3, 1})
      .to(c10::CppTypeToScalarType<T>::value)
      .contiguous();
}

template <typename T>
std::vector<double> RunEngineWithMoments(const Trial& trial, const Program& program) {
  const c10::InferenceMode inference;
  const at::Tensor images = ChannelsLast<T>(trial);
  const std::vector<T> weights = To<T>(trial.weights);
  const std::vector<T> means = To<T>(trial.means);
  const std::vector<T> variances = To<T>(trial.variances);
  const GivenMoments<T> given{means.data(), variances.data()};
  BufferPool pool;
  Pass<T> pass(trial.plan, program, weights.data(), pool, false);
  const std::vector<T>& logits = pass.Forward(images.const_data_ptr<T>(), trial.count, &given);
  return {logits.begin(), logits.end()};
}

template <typename T>
Outcome RunEngine(const Trial& trial, const Program& program) {
  const c10::InferenceMode inference;
  const at::Tensor images = ChannelsLast<T>(trial);
  const std::vector<T> weights = To<T>(trial.weights);
  const std::vector<T> gates = To<T>(trial.gates);
  BufferPool pool;
  Pass<T> pass(trial.plan, program, weights.data(), pool, true);
  const std::vector<T>& logits = pass.Forward(images.const_data_ptr<T>(), trial.count, nullptr, gates.data());
  Outcome outcome{{logits.begin(), logits.end()}, {}, std::vector<bool>(trial.plan.layout.parameters.size()), {}};
  std::vector<T> gradients(trial.plan.layout.weights, 0);
  outcome.gate_gradients.assign(gates.size(), 0.0);
  pass.Backward(To<T>(trial.logit_gradient).data(), gradients.data(), outcome.gate_gradients.data());
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

void ExpectAllNear(const std::vector<double>& found, const std::vector<double>& expected, double relative,
                   const std::string& name) {
  ASSERT_EQ(found.size(), expected.size()) << name;
  ExpectNear(found, expected, 0, expected.size(), relative * Largest(expected, 0, expected.size()), name);
}

void ExpectSameParameters(const Layout& layout, const Outcome& engine, const Outcome& plain) {
  for (size_t i = 0; i < layout.parameters.size(); ++i) {
    const Parameter& parameter = layout.parameters[i];
    // A weight that the engine leaves out has no gradient in the plain network either.
    if (!engine.taken[i]) {
      EXPECT_EQ(Largest(plain.gradients, parameter.offset, parameter.size), 0) << parameter.name;
    }
    if (!plain.taken[i]) {
      EXPECT_FALSE(engine.taken[i]) << parameter.name;
    }
  }
}

void ExpectGradients(const Layout& layout, const Outcome& engine, const Outcome& plain, double relative) {
  ExpectAllNear(engine.gate_gradients, plain.gate_gradients, relative, "gates");
  const double largest = Largest(plain.gradients, 0, plain.gradients.size());
  for (const Parameter& parameter : layout.parameters) {
    const double own = Largest(plain.gradients, parameter.offset, parameter.size);
    ExpectNear(engine.gradients, plain.gradients, parameter.offset, parameter.size,
               relative * std::max(own, kShareOfLargest * largest), parameter.name);
  }
}

void ExpectGradientsTogether(const Outcome& engine, const Outcome& plain, double relative) {
  double difference = 0;
  double length = 0;
  for (size_t i = 0; i < plain.gradients.size(); ++i) {
    difference += std::pow(engine.gradients[i] - plain.gradients[i], 2);
    length += std::pow(plain.gradients[i], 2);
  }
  EXPECT_LE(std::sqrt(difference), relative * std::sqrt(length));
}

void ExpectAgreement(const Trial& trial, const Program& program, const Outcome& plain, const Agreement& agreement) {
  const Layout& layout = trial.plan.layout;
  {
    SCOPED_TRACE("double");
    const Outcome engine = RunEngine<double>(trial, program);
    ExpectSameParameters(layout, engine, plain);
    ExpectAllNear(engine.logits, plain.logits, agreement.twofold, "logits");
    ExpectGradients(layout, engine, plain, agreement.twofold);
  }
  SCOPED_TRACE("float");
  const Outcome engine = RunEngine<float>(trial, program);
  ExpectAllNear(engine.logits, plain.logits, agreement.single, "logits");
  if (agreement.single_gradients > 0) return ExpectGradientsTogether(engine, plain, agreement.single_gradients);
  ExpectGradients(layout, engine, plain, agreement.single);
}

// The slope of the loss along a gate, from central differences.
double GateSlope(const Trial& trial, const Program& program, size_t gate) {
  constexpr double kStep = 1e-6;
  double slope = 0;
  for (const double sign : {1.0, -1.0}) {
    Trial moved = trial;
    moved.gates[gate] += sign * kStep;
    const std::vector<double> logits = RunEngine<double>(moved, program).logits;
    for (size_t i = 0; i < logits.size(); ++i) slope += sign * logits[i] * trial.logit_gradient[i];
  }
  return slope / (2 * kStep);
}

void ExpectSlopes(const Trial& trial, const Program& program, const std::vector<double>& gradients) {
  constexpr double kRelative = 1e-5;
  const double bound = kRelative * Largest(gradients, 0, gradients.size());
  for (const size_t gate : {size_t{0}, gradients.size() / 2, gradients.size() - 1}) {
    EXPECT_NEAR(GateSlope(trial, program, gate), gradients[gate], bound) << "gate " << gate;
  }
}

}  // namespace

void CompareWithPlain(const space::Space& space, bool stand_alone, const std::vector<space::Architecture>& cells,
                      int64_t images, const Agreement& agreement) {
  at::set_num_threads(1);
  const auto plan = PlanNetwork(space, stand_alone);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  const Trial trial = MakeTrial(*plan, images);
  std::vector<PlainMixture> mixtures;
  for (const space::Architecture& architecture : cells) mixtures.push_back(OneOfEach(architecture));
  const Program program = CompileProgram(*plan, cells);
  ExpectAgreement(trial, program, RunPlain(trial, mixtures, {}), agreement);
  const std::vector<double> expected = RunPlainWithMoments(trial, mixtures);
  ExpectAllNear(RunEngineWithMoments<double>(trial, program), expected, agreement.twofold, "logits, given moments");
  ExpectAllNear(RunEngineWithMoments<float>(trial, program), expected, agreement.single,
                "logits, given moments, float");
}

void CompareMixtureWithPlain(const space::Space& space, const Mixture& mixture, bool differences, int64_t images,
                             const Agreement& agreement) {
  at::set_num_threads(1);
  const auto plan = PlanNetwork(space, false);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  const Program program = CompileMixture(*plan, mixture);
  std::vector<double> values = Draw(program.gates, 3);
  for (const auto& parts : mixture) {
    for (const MixedCandidate& part : parts) {
      if (!part.flows) values[part.gate] = 0;
    }
  }
  const Trial trial = MakeTrial(*plan, images, values);
  const at::Tensor gates = Wrap(values, 0, {static_cast<int64_t>(values.size())}).set_requires_grad(true);
  PlainMixture plain;
  for (const auto& parts : mixture) {
    plain.emplace_back();
    for (const MixedCandidate& part : parts) {
      plain.back().push_back({part.candidate, gates.select(0, part.gate), part.flows});
    }
  }
  const Outcome expected = RunPlain(trial, {plain}, gates);
  ExpectAgreement(trial, program, expected, agreement);
  if (differences) ExpectSlopes(trial, program, expected.gate_gradients);
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
