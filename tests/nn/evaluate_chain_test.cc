// Children of chains evaluated together: as each by itself, and as its whole network says.
#include "nn/evaluate_chain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "nn/small_spaces.h"
#include "nn/toy_space.h"

namespace nasshrink::nn {
namespace {

class EvaluateChains : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    for (NamedSpace& named : SmallSpaces()) {
      if (named.name == GetParam()) space_ = std::move(named.space);
    }
    run::DatasetOptions data;
    data.source = fmt::format("synthetic:3:{}x{}x{}:60", space_.network.input_channels, space_.network.input_height,
                              space_.network.input_width);
    data.validation_fraction = 0.4;
    backend_ = ToyBackend();
    auto dataset = backend_->OpenDataset(data);
    ASSERT_TRUE(dataset.ok()) << dataset.status().message();
    dataset_ = *dataset;
    options_.batch_size = 10;
    options_.re_bn.batch_size = 12;
    // Neighbours that share much, strangers, and one twice.
    base::Philox random(1, base::Purpose::kSampleSpace);
    for (int i = 0; i < 6; ++i) children_.push_back(RandomChild(space_, random));
    for (size_t i = 0; i < 4; ++i) {
      space::Architecture neighbour = children_[i];
      const space::Choice& last = space_.choices.back();
      neighbour.back() = last.alive[i % last.alive.size()];
      children_.push_back(neighbour);
    }
    children_.push_back(children_[2]);
  }
  std::unique_ptr<run::Supernet> Supernet() const {
    auto supernet = backend_->NewSupernet(space_, {});
    EXPECT_TRUE(supernet.ok()) << supernet.status().message();
    return std::move(*supernet);
  }
  std::vector<run::Evaluation> Evaluate(run::Supernet* supernet, const std::vector<space::Architecture>& children) {
    const auto evaluations = supernet->Evaluate(children, dataset_.get(), options_, nullptr, {});
    EXPECT_TRUE(evaluations.ok()) << evaluations.status().message();
    return *evaluations;
  }

  space::Space space_;
  std::unique_ptr<run::Backend> backend_;
  std::shared_ptr<run::Dataset> dataset_;
  run::EvaluateOptions options_;
  std::vector<space::Architecture> children_;
};

TEST_P(EvaluateChains, TogetherAsAlone) {
  const auto together = Evaluate(Supernet().get(), children_);
  for (size_t i = 0; i < children_.size(); ++i) {
    const auto alone = Evaluate(Supernet().get(), {children_[i]});
    EXPECT_EQ(together[i].loss, alone[0].loss) << i;
    EXPECT_EQ(together[i].accuracy, alone[0].accuracy) << i;
  }
}

TEST_P(EvaluateChains, InRoundsAsAtOnce) {
  auto plan = PlanNetwork(space_, false);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  SupernetState state(std::move(*plan), 1);
  ASSERT_TRUE(Initialise(state.plan.layout, "kaiming_uniform", 3, &state.weights).ok());
  const auto images = ImageDataset::From(dataset_.get());
  const auto run = [&](uint64_t limit, std::vector<uint64_t>* told) {
    std::vector<run::Evaluation> evaluations;
    const base::Status status = state.executor.Run([&]() -> base::Status {
      EvaluationData data(**images, options_, nullptr);
      NASSHRINK_RETURN_IF_ERROR(data.Prepare());
      NASSHRINK_ASSIGN_OR_RETURN(evaluations,
                                 EvaluateChain(state, children_, data, limit,
                                               [&](uint64_t done, uint64_t /*total*/) { told->push_back(done); }));
      return {};
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return evaluations;
  };
  std::vector<uint64_t> told_at_once, told_in_rounds;
  const auto at_once = run(uint64_t{1} << 30U, &told_at_once);
  const auto in_rounds = run(1, &told_in_rounds);
  for (size_t i = 0; i < children_.size(); ++i) {
    EXPECT_EQ(at_once[i].loss, in_rounds[i].loss) << i;
    EXPECT_EQ(at_once[i].accuracy, in_rounds[i].accuracy) << i;
  }
  EXPECT_EQ(told_at_once.back(), children_.size());
  EXPECT_EQ(told_in_rounds.back(), children_.size());
  EXPECT_GT(told_in_rounds.size(), told_at_once.size());
}

// Re-BN and evaluation of a whole child, written down once more without sharing.
double LossOfWhole(SupernetState& state, const space::Architecture& child, EvaluationData& data) {
  const Program program = CompileProgram(state.plan, {child});
  Pass<float> pass(state.plan, program, state.weights.evaluated(), state.pool, false);
  std::vector<double> mean(state.plan.layout.channels, 0.0), variance(state.plan.layout.channels, 0.0);
  EXPECT_TRUE(data.ForCalibration([&](const EvaluationBatch& batch) {
                    pass.Forward(batch.images, batch.count, nullptr);
                    for (const NormMoments& norm : pass.moments()) {
                      const size_t offset = state.plan.layout.statistics[norm.statistics].offset;
                      const auto count = static_cast<double>(norm.count);
                      for (size_t c = 0; c < norm.mean.size(); ++c) {
                        mean[offset + c] += norm.mean[c];
                        variance[offset + c] += norm.variance[c] * count / (count - 1);
                      }
                    }
                    return base::Status();
                  })
                  .ok());
  const auto batches = static_cast<double>(data.calibration_batches());
  std::vector<float> means, variances;
  for (size_t i = 0; i < mean.size(); ++i) {
    means.push_back(static_cast<float>(mean[i] / batches));
    variances.push_back(static_cast<float>(variance[i] / batches));
  }
  const GivenMoments<float> given{means.data(), variances.data()};
  double loss = 0;
  EXPECT_TRUE(
      data.ForEvaluation([&](const EvaluationBatch& batch) {
            const auto& logits = pass.Forward(batch.images, batch.count, &given);
            loss +=
                static_cast<double>(batch.count) *
                CrossEntropy(batch.count, program.classifier.classes, logits.data(), batch.targets, 0, nullptr).loss;
            return base::Status();
          })
          .ok());
  return loss / static_cast<double>(data.images());
}

TEST_P(EvaluateChains, AsTheWholeNetworkSays) {
  auto plan = PlanNetwork(space_, false);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  SupernetState state(std::move(*plan), 1);
  ASSERT_TRUE(Initialise(state.plan.layout, "kaiming_uniform", 3, &state.weights).ok());
  const auto images = ImageDataset::From(dataset_.get());
  const base::Status status = state.executor.Run([&]() -> base::Status {
    EvaluationData data(**images, options_, nullptr);
    NASSHRINK_RETURN_IF_ERROR(data.Prepare());
    NASSHRINK_ASSIGN_OR_RETURN(const auto evaluations, EvaluateChain(state, children_, data, 1U << 30U, {}));
    for (size_t i = 0; i < children_.size(); ++i) {
      const double loss = LossOfWhole(state, children_[i], data);
      EXPECT_NEAR(evaluations[i].loss, loss, 1e-4 * std::abs(loss)) << i;
    }
    return {};
  });
  EXPECT_TRUE(status.ok()) << status.message();
}

TEST_P(EvaluateChains, RememberedUntilTheWeightsChange) {
  const auto supernet = Supernet();
  const auto first = Evaluate(supernet.get(), children_);
  const auto again = Evaluate(supernet.get(), {children_[4], children_[0]});
  EXPECT_EQ(again[0].loss, first[4].loss);
  EXPECT_EQ(again[1].loss, first[0].loss);
  run::TrainOptions options;
  options.optimizer.learning_rate = 0.5;
  auto trainer = supernet->NewTrainer(options);
  ASSERT_TRUE(trainer.ok()) << trainer.status().message();
  const space::Network& network = space_.network;
  const ToyBatch batch = MakeToyBatch(8, {0, 0, network.input_channels, network.input_height, network.classes});
  ASSERT_TRUE((*trainer)->Step(batch.inputs_view(), batch.targets_view()).ok());
  const auto moved = Evaluate(supernet.get(), {children_[0]});
  EXPECT_NE(moved[0].loss, first[0].loss);
  auto image = supernet->Serialize({});
  ASSERT_TRUE(image.ok());
  auto loaded = backend_->LoadSupernet(space_, *image);
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ(Evaluate(loaded->get(), {children_[0]})[0].loss, moved[0].loss);
}

INSTANTIATE_TEST_SUITE_P(Spaces, EvaluateChains,
                         testing::Values("nas-bench-macro", "spos-shufflenet", "pad-nas-large", "autospace", "graphs"),
                         [](const testing::TestParamInfo<std::string>& parameter) {
                           std::string name = parameter.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace nasshrink::nn
