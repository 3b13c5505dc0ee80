// Optimisers against their formulas in double precision, written down again.
#include "nn/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace nasshrink::nn {
namespace {

Layout TwoParameters() {
  Layout made;
  made.Add(Parameter{"w", "w", ParameterKind::kConv, {5, 3, 1, 1}});
  made.Add(Parameter{"b", "b", ParameterKind::kNormShift, {5}});
  return made;
}

std::vector<float> Normals(size_t count, base::Philox* random) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random->Normal());
  return values;
}

TEST(Optimizer, TakesPyTorchsSgdSteps) {
  const Layout layout = TwoParameters();
  for (const bool nesterov : {false, true}) {
    run::OptimizerOptions options;
    options.momentum = 0.9;
    options.nesterov = nesterov;
    options.weight_decay = 0.1;
    options.decay_all = false;
    const auto optimizer = MakeOptimizer(layout, options);
    base::Philox random(1, base::Purpose::kWeights);
    std::vector<float> weights = Normals(layout.weights, &random);
    std::vector<double> w(weights.begin(), weights.end());
    std::vector<double> m(w.size(), 0.0);
    for (int step = 0; step < 4; ++step) {
      const std::vector<float> gradients = Normals(layout.weights, &random);
      optimizer->Step({0, 1}, 0.05, gradients.data(), weights.data());
      for (const Parameter& parameter : layout.parameters) {
        for (size_t i = parameter.offset; i < parameter.offset + parameter.size; ++i) {
          const double decay = parameter.kind == ParameterKind::kConv ? 0.1 : 0.0;
          const double g = gradients[i] + decay * w[i];
          m[i] = step == 0 ? g : 0.9 * m[i] + g;
          w[i] -= 0.05 * (nesterov ? g + 0.9 * m[i] : m[i]);
          EXPECT_NEAR(weights[i], w[i], 1e-5);
        }
      }
    }
  }
}

// Kingma and Ba 2015, Algorithm 1, with decay in the gradient; the second parameter sits out every other step.
TEST(Optimizer, TakesAdamSteps) {
  const Layout layout = TwoParameters();
  run::OptimizerOptions options;
  options.kind = run::OptimizerOptions::Kind::kAdam;
  options.beta1 = 0.5;
  options.beta2 = 0.999;
  options.weight_decay = 0.01;
  const auto optimizer = MakeOptimizer(layout, options);
  base::Philox random(2, base::Purpose::kWeights);
  std::vector<float> weights = Normals(layout.weights, &random);
  std::vector<double> w(weights.begin(), weights.end());
  std::vector<double> m(w.size(), 0.0);
  std::vector<double> v(w.size(), 0.0);
  std::vector<int> counts(2, 0);
  for (int step = 0; step < 6; ++step) {
    const std::vector<float> gradients = Normals(layout.weights, &random);
    const std::vector<uint32_t> moved = step % 2 == 0 ? std::vector<uint32_t>{0, 1} : std::vector<uint32_t>{0};
    optimizer->Step(moved, 0.03, gradients.data(), weights.data());
    for (const uint32_t index : moved) {
      const Parameter& parameter = layout.parameters[index];
      const int t = ++counts[index];
      for (size_t i = parameter.offset; i < parameter.offset + parameter.size; ++i) {
        const double g = gradients[i] + 0.01 * w[i];
        m[i] = 0.5 * m[i] + 0.5 * g;
        v[i] = 0.999 * v[i] + 0.001 * g * g;
        w[i] -= 0.03 * (m[i] / (1 - std::pow(0.5, t))) / (std::sqrt(v[i] / (1 - std::pow(0.999, t))) + 1e-8);
      }
    }
    for (const Parameter& parameter : layout.parameters) {
      for (size_t i = parameter.offset; i < parameter.offset + parameter.size; ++i) EXPECT_NEAR(weights[i], w[i], 2e-5);
    }
  }
}

TEST(Optimizer, OthersMoveByMomentumAndDecayOnceTheyHaveMoved) {
  const Layout layout = TwoParameters();
  run::OptimizerOptions options;
  options.momentum = 0.5;
  const auto optimizer = MakeOptimizer(layout, options);
  std::vector<float> weights(layout.weights, 0.0F);
  const std::vector<float> gradients(layout.weights, 1.0F);
  const size_t w = layout.parameters[0].offset;
  const size_t b = layout.parameters[1].offset;
  optimizer->Step({0}, 1, gradients.data(), weights.data());
  optimizer->StepOthers({1}, 1, weights.data());
  EXPECT_FLOAT_EQ(weights[w], -1.5F);
  optimizer->StepOthers({0}, 1, weights.data());
  EXPECT_FLOAT_EQ(weights[w], -1.5F);
  EXPECT_FLOAT_EQ(weights[b], 0.0F);
}

}  // namespace
}  // namespace nasshrink::nn
