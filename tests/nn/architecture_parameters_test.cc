// The arithmetic of architecture parameters, against finite differences and formulas written down again.
#include "nn/architecture_parameters.h"

#include <gtest/gtest.h>

#include <cmath>

#include "nn/expected_cost.h"
#include "nn/toy_space.h"
#include "score/softmax.h"

namespace nasshrink::nn {
namespace {

using Form = run::ArchitectureOptions::CostForm;

// Some smooth loss of the gates of one choice.
double LossOf(const std::vector<double>& p) {
  double loss = 0;
  for (size_t i = 0; i < p.size(); ++i) loss += std::sin(1.0 + static_cast<double>(i)) * p[i] * p[i] + p[i];
  return loss;
}

TEST(ArchitectureParameters, GradientsGoThroughTheSoftmax) {
  space::Space space = ToySpace();
  space.choices[0].alive = {0, 2, 3, 4};
  const std::vector<double> alpha = {0.3, 9, -0.7, 0.1, 1.2};
  const std::vector<double> p = score::Softmax(space.choices[0], alpha);
  EXPECT_EQ(p[1], 0);
  EXPECT_NEAR(p[0] + p[2] + p[3] + p[4], 1, 1e-15);
  std::vector<double> gate(5);
  for (size_t i = 0; i < 5; ++i) gate[i] = 2 * std::sin(1.0 + static_cast<double>(i)) * p[i] + 1;
  std::vector<double> gradient(5, 0.0);
  AddThroughSoftmax(space.choices[0].alive, p, gate, &gradient);
  for (const uint32_t i : space.choices[0].alive) {
    constexpr double kStep = 1e-5;
    std::vector<double> up = alpha;
    std::vector<double> down = alpha;
    up[i] += kStep;
    down[i] -= kStep;
    const double numeric =
        (LossOf(score::Softmax(space.choices[0], up)) - LossOf(score::Softmax(space.choices[0], down))) / (2 * kStep);
    EXPECT_NEAR(gradient[i], numeric, 1e-9) << i;
  }
  EXPECT_EQ(gradient[1], 0);
}

TEST(ArchitectureParameters, TheCostsGradientIsThatOfItsFormula) {
  const space::Space space = ToySpace();
  run::ArchitectureOptions options;
  options.cost_fixed = 40;
  options.cost = ZerosLike(space);
  for (auto& row : options.cost) row = {0, 1, 20, 90, 3};
  options.cost_reference = 200;
  const run::ArchitectureParameters parameters = InitialParameters(space, 0.5, 1);
  constexpr double kCrossEntropy = 1.7;
  for (const Form form : {Form::kMultiplyLog, Form::kAdd}) {
    options.cost_form = form;
    const auto loss = [&](const ChoiceValues& alpha) {
      const double cost = ExpectedCost(options, score::Probabilities(space, alpha));
      if (form == Form::kAdd) return kCrossEntropy + 0.2 * (cost - 200) / 200;
      return 0.2 * kCrossEntropy * std::pow(std::log(cost) / std::log(200.0), 0.3);
    };
    const ChoiceValues p = score::Probabilities(space, parameters.alpha);
    const CostTerm term = CostTermOf(options, kCrossEntropy, ExpectedCost(options, p));
    EXPECT_NEAR(term.loss, loss(parameters.alpha), 1e-12);
    for (size_t choice = 0; choice < 6; ++choice) {
      std::vector<double> gate(5);
      for (size_t i = 0; i < 5; ++i) gate[i] = term.slope * options.cost[choice][i];
      std::vector<double> gradient(5, 0.0);
      AddThroughSoftmax(space.choices[choice].alive, p[choice], gate, &gradient);
      for (size_t i = 0; i < 5; ++i) {
        constexpr double kStep = 1e-5;
        ChoiceValues up = parameters.alpha;
        ChoiceValues down = parameters.alpha;
        up[choice][i] += kStep;
        down[choice][i] -= kStep;
        EXPECT_NEAR(gradient[i], (loss(up) - loss(down)) / (2 * kStep), 1e-9);
      }
    }
  }
}

TEST(ArchitectureParameters, RewardsWeighAccuracyByCost) {
  const space::Space space = ToySpace();
  run::ArchitectureOptions options;
  options.cost_fixed = 10;
  options.cost = ZerosLike(space);
  for (auto& row : options.cost) row[3] = 15;
  options.cost_reference = 50;
  options.cost_exponent = 0.1;
  EXPECT_EQ(RewardOf(options, 60, {3, 3, 0, 0, 0, 0}), 60);
  options.cost_form = Form::kMultiplyLog;
  EXPECT_NEAR(RewardOf(options, 60, {3, 3, 0, 0, 0, 0}), 60 * std::pow(50.0 / 40, 0.1), 1e-12);
}

TEST(ArchitectureParameters, DrawsFollowTheProbabilities) {
  const space::Space space = ToySpace();
  ChoiceValues probabilities(6, {0.1, 0.2, 0.3, 0.4, 0});
  std::vector<int> counts(5, 0);
  constexpr int kDraws = 20000;
  for (int draw = 0; draw < kDraws; ++draw) ++counts[DrawByProbability(space, probabilities, 1, draw)[2]];
  for (size_t i = 0; i < 5; ++i) {
    // Five standard deviations.
    const double expected = kDraws * probabilities[2][i];
    EXPECT_NEAR(counts[i], expected, 5 * std::sqrt(expected) + 1e-9) << i;
  }
}

TEST(ArchitectureParameters, OnlyMarkedOnesTakeAdamsStep) {
  const space::Space space = ToySpace();
  run::ArchitectureParameters parameters = InitialParameters(space, 1e-3, 4);
  const ChoiceValues before = parameters.alpha;
  run::OptimizerOptions options;
  options.learning_rate = 0.01;
  options.beta1 = 0;
  options.beta2 = 0.999;
  ChoiceValues gradient(6, {1, -2, 3, 0, 5});
  std::vector<std::vector<uint8_t>> moved(6, {1, 1, 0, 1, 0});
  StepParameters(options, gradient, moved, &parameters);
  for (size_t choice = 0; choice < 6; ++choice) {
    // The first step of Adam is the rate in the gradient's direction.
    EXPECT_NEAR(parameters.alpha[choice][0], before[choice][0] - 0.01, 1e-8);
    EXPECT_NEAR(parameters.alpha[choice][1], before[choice][1] + 0.01, 1e-8);
    EXPECT_EQ(parameters.alpha[choice][2], before[choice][2]);
    EXPECT_EQ(parameters.alpha[choice][3], before[choice][3]);
    EXPECT_EQ(parameters.alpha[choice][4], before[choice][4]);
  }
}

}  // namespace
}  // namespace nasshrink::nn
