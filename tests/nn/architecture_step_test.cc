// Steps of architecture parameters against differences of the loss in double, and their rules written down again.
#include "nn/architecture_step.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "nn/gradients.h"
#include "nn/small_spaces.h"
#include "nn/toy_space.h"
#include "score/softmax.h"

namespace nasshrink::nn {
namespace {

using Gradient = run::ArchitectureOptions::Gradient;
using Strategy = run::TrainOptions::Strategy;

constexpr ToySize kSize = {3, 1, 1, 8, 3};
constexpr int64_t kImages = 12;

// Images in the network's order of elements (one channel, so that it is the caller's, too).
struct Images {
  explicit Images(uint64_t seed) : batch(MakeToyBatch(kImages, kSize, seed)) {}
  LabelledBatch view() const { return {batch.images.data(), batch.targets.data(), kImages}; }
  ToyBatch batch;
};

run::TrainOptions Options(Strategy strategy) {
  run::TrainOptions options;
  options.strategy = strategy;
  options.seed = 5;
  options.optimizer.weight_decay = 0.01;
  // With these numbers a step of Adam is the gradient itself.
  options.architecture.optimizer.kind = run::OptimizerOptions::Kind::kAdam;
  options.architecture.optimizer.learning_rate = 1e6;
  options.architecture.optimizer.epsilon = 1e6;
  options.architecture.optimizer.beta1 = 0;
  options.architecture.optimizer.beta2 = 0;
  return options;
}

// Two layers of convolutions with swish: the loss is smooth, so that differences of it mean something.
space::Space SmoothSpace() {
  using space::MakeOperator;
  const auto number = [](const char* name, int64_t value) { return space::Attribute{name, value}; };
  const space::Attribute swish = {"activation", std::string("swish")};
  space::Space space;
  space.name = "smooth";
  space.network.input_channels = 1;
  space.network.input_height = space.network.input_width = 8;
  space.network.classes = 3;
  space::AddFixed(&space, "stem", MakeOperator("conv_bn", {swish, number("kernel", 3)}), 4, 2);
  for (const uint32_t stride : {1U, 2U}) {
    space::Choice* choice = space::AddChoiceLayer(&space, 4, stride);
    const std::vector<space::OperatorDef> operators = {
        MakeOperator("conv_bn", {swish, number("kernel", 3)}), MakeOperator("conv_bn", {swish, number("kernel", 1)}),
        MakeOperator("mb_block", {swish, number("expansion", 2), number("kernel", 3)})};
    for (size_t i = 0; i < operators.size(); ++i) {
      choice->candidates.push_back({static_cast<int32_t>(i), fmt::format("operator {}", i), operators[i]});
      choice->alive.push_back(static_cast<uint32_t>(i));
    }
  }
  space::AddHead(&space, 0, "none");
  space::Finish(space);
  return space;
}

class World {
 public:
  explicit World(const run::TrainOptions& given, space::Space space = ToySpace(kSize))
      : options(given), state(*PlanNetwork(space, false), 1) {
    at::set_num_threads(1);
    EXPECT_TRUE(Initialise(state.plan.layout, "kaiming_uniform", 3, &state.weights).ok());
    state.weights.architecture = InitialParameters(state.plan.space, 0.3, 2);
    step = MakeArchitectureStep(state, options);
    optimizer = MakeOptimizer(state.plan.layout, options.optimizer);
  }

  // The gradient of a step, read off the parameters' move.
  ChoiceValues Take(run::StepOutcome* outcome) {
    const c10::InferenceMode inference;
    const ChoiceValues before = alpha();
    ArchitectureBatches batches;
    batches.held_out = held_out.view();
    batches.training = training.view();
    batches.rate = 0.5;
    batches.optimizer = optimizer.get();
    const base::Status status = step->Take(batches, outcome);
    EXPECT_TRUE(status.ok()) << status.message();
    ChoiceValues gradient = before;
    for (size_t i = 0; i < before.size(); ++i) {
      for (size_t k = 0; k < before[i].size(); ++k) gradient[i][k] = before[i][k] - alpha()[i][k];
    }
    return gradient;
  }

  const ChoiceValues& alpha() const { return state.weights.architecture->alpha; }
  std::vector<double> weights() const { return {state.weights.current.begin(), state.weights.current.end()}; }

  // Mean cross-entropy of the mixture in double; gradients of weights where they are asked for.
  double Loss(const GatedMixture& mixed, const std::vector<double>& gates, const std::vector<double>& weights,
              const Images& images, std::vector<double>* gradients = nullptr) {
    const c10::InferenceMode inference;
    const Program program = CompileMixture(state.plan, mixed.mixture);
    parameters = program.parameters;
    Pass<double> pass(state.plan, program, weights.data(), state.pool, gradients != nullptr);
    const std::vector<double> pixels(images.batch.images.begin(), images.batch.images.end());
    const std::vector<double> logits = pass.Forward(pixels.data(), kImages, nullptr, gates.data());
    std::vector<double> gradient(logits.size());
    double loss = 0;
    for (int64_t n = 0; n < kImages; ++n) {
      double total = 0;
      for (size_t k = 0; k < 3; ++k) total += std::exp(logits[n * 3 + k]);
      const auto target = static_cast<size_t>(images.batch.targets[n]);
      loss += (std::log(total) - logits[n * 3 + target]) / kImages;
      for (size_t k = 0; k < 3; ++k) {
        gradient[n * 3 + k] = (std::exp(logits[n * 3 + k]) / total - (k == target ? 1 : 0)) / kImages;
      }
    }
    if (gradients != nullptr) {
      gradients->assign(weights.size(), 0.0);
      std::vector<double> unused(gates.size(), 0.0);
      pass.Backward(gradient.data(), gradients->data(), unused.data());
    }
    return loss;
  }

  // As DARTS sees it: all candidates by the softmax of these parameters.
  double MixedLoss(const ChoiceValues& at, const std::vector<double>& weights, const Images& images,
                   std::vector<double>* gradients = nullptr) {
    const ChoiceValues p = score::Probabilities(state.plan.space, at);
    std::vector<double> gates;
    for (size_t i = 0; i < p.size(); ++i) {
      for (const uint32_t candidate : state.plan.space.choices[i].alive) gates.push_back(p[i][candidate]);
    }
    return Loss(MixAll(state.plan.space, p), gates, weights, images, gradients);
  }

  // dF/dalpha by central differences.
  ChoiceValues Differences(const std::function<double(const ChoiceValues&)>& function) const {
    ChoiceValues gradient = ZerosLike(state.plan.space);
    for (size_t i = 0; i < gradient.size(); ++i) {
      for (const uint32_t k : state.plan.space.choices[i].alive) {
        constexpr double kStep = 1e-4;
        ChoiceValues up = alpha();
        ChoiceValues down = alpha();
        up[i][k] += kStep;
        down[i][k] -= kStep;
        gradient[i][k] = (function(up) - function(down)) / (2 * kStep);
      }
    }
    return gradient;
  }

  run::TrainOptions options;
  SupernetState state;
  std::unique_ptr<ArchitectureStep> step;
  std::unique_ptr<Optimizer> optimizer;
  Images held_out{11};
  Images training{12};
  std::vector<uint32_t> parameters;  // of the last loss
};

void ExpectNear(const ChoiceValues& actual, const ChoiceValues& expected, double tolerance) {
  for (size_t i = 0; i < expected.size(); ++i) {
    for (size_t k = 0; k < expected[i].size(); ++k) {
      EXPECT_NEAR(actual[i][k], expected[i][k], tolerance) << "choice " << i << " candidate " << k;
    }
  }
}

double Largest(const ChoiceValues& values) {
  double largest = 0;
  for (const auto& row : values) {
    for (const double value : row) largest = std::max(largest, std::abs(value));
  }
  return largest;
}

TEST(DartsStep, FirstOrderIsTheGradientOfTheHeldOutLoss) {
  World world(Options(Strategy::kDarts), SmoothSpace());
  const ChoiceValues expected =
      world.Differences([&](const ChoiceValues& at) { return world.MixedLoss(at, world.weights(), world.held_out); });
  const double loss = world.MixedLoss(world.alpha(), world.weights(), world.held_out);
  run::StepOutcome outcome;
  const ChoiceValues gradient = world.Take(&outcome);
  EXPECT_NEAR(outcome.loss, loss, 1e-5);
  EXPECT_GT(Largest(expected), 1e-3);
  ExpectNear(gradient, expected, 2e-5);
}

TEST(DartsStep, SecondOrderIsTheGradientThroughOneTrainingStep) {
  run::TrainOptions options = Options(Strategy::kDarts);
  options.architecture.order = 2;
  World world(options, SmoothSpace());
  // Some momentum, which the step that is looked ahead to takes along.
  std::vector<float>& momentum = world.optimizer->slots()[0].values;
  base::Philox random(9, base::Purpose::kSynthetic);
  for (float& value : momentum) value = static_cast<float>(0.02 * random.Normal());
  const std::vector<double> weights = world.weights();
  const auto ahead = [&](const ChoiceValues& at) {
    std::vector<double> gradients;
    world.MixedLoss(at, weights, world.training, &gradients);
    std::vector<double> moved = weights;
    for (const uint32_t index : world.parameters) {
      const Parameter& parameter = world.state.plan.layout.parameters[index];
      for (size_t i = parameter.offset; i < parameter.offset + parameter.size; ++i) {
        moved[i] -= 0.5 * (0.9 * momentum[i] + gradients[i] + 0.01 * weights[i]);
      }
    }
    return world.MixedLoss(at, moved, world.held_out);
  };
  const ChoiceValues expected = world.Differences(ahead);
  const ChoiceValues first =
      world.Differences([&](const ChoiceValues& at) { return world.MixedLoss(at, weights, world.held_out); });
  run::StepOutcome outcome;
  const ChoiceValues gradient = world.Take(&outcome);
  ChoiceValues correction = expected;
  for (size_t i = 0; i < correction.size(); ++i) {
    for (size_t k = 0; k < correction[i].size(); ++k) correction[i][k] -= first[i][k];
  }
  // The product with the Hessian is itself taken by differences, with an epsilon that is not small.
  EXPECT_GT(Largest(correction), 1e-3);
  ExpectNear(gradient, expected, 0.05 * Largest(correction));
}

TEST(ProxylessStep, FullGradientsAreThoseOfBinaryGatesThroughTheSoftmax) {
  World world(Options(Strategy::kProxyless));
  const space::Space& space = world.state.plan.space;
  const ChoiceValues p = score::Probabilities(space, world.alpha());
  run::StepOutcome outcome;
  const ChoiceValues gradient = world.Take(&outcome);
  ASSERT_EQ(outcome.architectures.size(), 1U);
  const space::Architecture& active = outcome.architectures[0];
  const GatedMixture mixed = MixAll(space, p);
  std::vector<double> gates(mixed.gates.size(), 0.0);
  for (uint32_t i = 0; i < space.choices.size(); ++i) {
    for (const MixedCandidate& one : mixed.mixture[i]) gates[one.gate] = one.candidate == active[i] ? 1 : 0;
  }
  EXPECT_NEAR(outcome.loss, world.Loss(mixed, gates, world.weights(), world.held_out), 1e-5);
  ChoiceValues expected = ZerosLike(space);
  for (uint32_t i = 0; i < space.choices.size(); ++i) {
    std::vector<double> slopes(space.choices[i].candidates.size(), 0.0);
    for (const MixedCandidate& one : mixed.mixture[i]) {
      constexpr double kStep = 1e-5;
      std::vector<double> up = gates;
      std::vector<double> down = gates;
      up[one.gate] += kStep;
      down[one.gate] -= kStep;
      slopes[one.candidate] = (world.Loss(mixed, up, world.weights(), world.held_out) -
                               world.Loss(mixed, down, world.weights(), world.held_out)) /
                              (2 * kStep);
    }
    for (const uint32_t a : space.choices[i].alive) {
      for (const uint32_t b : space.choices[i].alive) {
        expected[i][a] += slopes[b] * p[i][b] * ((a == b ? 1 : 0) - p[i][a]);
      }
    }
  }
  EXPECT_GT(Largest(expected), 1e-3);
  // A corner of a ReLU inside the step of a difference costs a little.
  ExpectNear(gradient, expected, 2e-4);
}

TEST(ProxylessStep, TwoPathsMoveTwoCandidatesAndLeaveTheOthersProbabilitiesAlone) {
  run::TrainOptions options = Options(Strategy::kProxyless);
  options.architecture.gradient = Gradient::kTwo;
  options.architecture.optimizer.learning_rate = 0.05;
  options.architecture.optimizer.epsilon = 1e-8;
  World world(options);
  const space::Space& space = world.state.plan.space;
  std::map<size_t, int> drawn;
  for (int round = 0; round < 10; ++round) {
    const ChoiceValues before = score::Probabilities(space, world.alpha());
    run::StepOutcome outcome;
    const ChoiceValues moved = world.Take(&outcome);
    const ChoiceValues after = score::Probabilities(space, world.alpha());
    for (size_t i = 0; i < moved.size(); ++i) {
      const auto count = std::count_if(moved[i].begin(), moved[i].end(), [](double value) { return value != 0; });
      // A choice whose output reaches nothing has no gradient and may stay as it is.
      EXPECT_TRUE(count == 2 || count == 0) << count;
      for (size_t k = 0; k < moved[i].size(); ++k) {
        if (moved[i][k] == 0) {
          EXPECT_NEAR(after[i][k], before[i][k], 1e-12);
        } else {
          ++drawn[k];
        }
      }
    }
  }
  EXPECT_EQ(drawn.size(), 5U);
}

TEST(ProxylessStep, ExpectedCostsPullTowardsCheaperCandidates) {
  run::TrainOptions options = Options(Strategy::kProxyless);
  options.architecture.cost_form = run::ArchitectureOptions::CostForm::kAdd;
  options.architecture.cost_weight = 1e4;
  options.architecture.cost_reference = 100;
  const space::Space space = ToySpace(kSize);
  options.architecture.cost = ZerosLike(space);
  for (auto& row : options.architecture.cost) row = {0, 0, 10, 90, 0};
  World world(options);
  run::StepOutcome outcome;
  const ChoiceValues gradient = world.Take(&outcome);
  for (const auto& row : gradient) {
    EXPECT_GT(row[3], 0);
    EXPECT_LT(row[0], 0);
    EXPECT_LT(row[1], 0);
  }
}

TEST(ReinforceStep, FollowsTheAdvantageOfTheSampledNetworks) {
  run::TrainOptions options = Options(Strategy::kProxyless);
  options.architecture.gradient = Gradient::kReinforce;
  options.architecture.samples = 4;
  options.architecture.baseline_decay = 0.9;
  World world(options);
  const space::Space& space = world.state.plan.space;
  double baseline = 0;
  for (int round = 0; round < 3; ++round) {
    const ChoiceValues p = score::Probabilities(space, world.alpha());
    run::StepOutcome outcome;
    const ChoiceValues gradient = world.Take(&outcome);
    ASSERT_EQ(outcome.architectures.size(), 4U);
    std::vector<double> rewards;
    for (const space::Architecture& child : outcome.architectures) {
      const c10::InferenceMode inference;
      const Program program = CompileProgram(world.state.plan, {child});
      Pass<float> pass(world.state.plan, program, world.state.weights.current.data(), world.state.pool, false);
      const std::vector<float> logits = pass.Forward(world.held_out.batch.images.data(), kImages, nullptr);
      int correct = 0;
      for (int64_t n = 0; n < kImages; ++n) {
        const auto row = logits.begin() + n * 3;
        correct += std::max_element(row, row + 3) - row == world.held_out.batch.targets[n] ? 1 : 0;
      }
      rewards.push_back(100.0 * correct / kImages);
    }
    double mean = 0;
    for (const double reward : rewards) mean += reward / 4;
    baseline = round == 0 ? mean : 0.9 * baseline + 0.1 * mean;
    EXPECT_NEAR(world.state.weights.architecture->baseline, baseline, 1e-9);
    ChoiceValues expected = ZerosLike(space);
    for (size_t s = 0; s < 4; ++s) {
      for (size_t i = 0; i < expected.size(); ++i) {
        for (const uint32_t k : space.choices[i].alive) {
          const double one = outcome.architectures[s][i] == k ? 1 : 0;
          expected[i][k] -= (rewards[s] - baseline) * (one - p[i][k]) / 4;
        }
      }
    }
    ExpectNear(gradient, expected, 1e-3);
  }
}

TEST(ArchitectureStep, GradientsAreClippedByTheirNorm) {
  run::TrainOptions options = Options(Strategy::kDarts);
  run::StepOutcome outcome;
  ChoiceValues gradient = World(options).Take(&outcome);
  const double norm = outcome.gradient_norm;
  options.architecture.optimizer.clip_norm = 2 * norm;
  EXPECT_EQ(World(options).Take(&outcome), gradient);
  options.architecture.optimizer.clip_norm = norm / 4;
  const ChoiceValues clipped = World(options).Take(&outcome);
  EXPECT_EQ(outcome.gradient_norm, norm);
  for (auto& row : gradient) {
    for (double& value : row) value /= 4;
  }
  ExpectNear(clipped, gradient, 1e-3 * Largest(gradient));
}

TEST(ArchitectureStep, LossesThatAreNotFiniteMoveNothing) {
  World world(Options(Strategy::kDarts));
  world.held_out.batch.images[0] = std::numeric_limits<float>::infinity();
  const run::ArchitectureParameters before = *world.state.weights.architecture;
  ArchitectureBatches batches;
  batches.held_out = world.held_out.view();
  run::StepOutcome outcome;
  const c10::InferenceMode inference;
  EXPECT_EQ(world.step->Take(batches, &outcome).code(), base::Code::kOutOfRange);
  EXPECT_EQ(world.alpha(), before.alpha);
  EXPECT_EQ(world.state.weights.architecture->steps, before.steps);
}

}  // namespace
}  // namespace nasshrink::nn
