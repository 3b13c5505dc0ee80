// A tiny real training with every strategy: the loss falls well below chance, and a training stopped between two steps
// goes on bit for bit.
#include <gtest/gtest.h>

#include <cmath>

#include "nn/small_spaces.h"
#include "nn/toy_space.h"

namespace nasshrink::nn {
namespace {

using Gradient = run::ArchitectureOptions::Gradient;
using Strategy = run::TrainOptions::Strategy;

constexpr ToySize kSize = {4, 1, 1, 8, 4};
constexpr uint32_t kEpochs = 10;

struct Named {
  const char* name;
  run::TrainOptions options;
};

run::TrainOptions Base(Strategy strategy) {
  run::TrainOptions options;
  options.strategy = strategy;
  options.batch_size = 30;
  options.seed = 2;
  options.optimizer.learning_rate = 0.1;
  options.optimizer.nesterov = true;
  options.optimizer.clip_norm = 5;
  options.optimizer.schedule = run::OptimizerOptions::Schedule::kConstant;
  options.architecture.optimizer.kind = run::OptimizerOptions::Kind::kAdam;
  options.architecture.optimizer.learning_rate = 0.01;
  options.architecture.batch_size = 30;
  options.architecture.every = 2;
  return options;
}

std::vector<Named> Trainings() {
  std::vector<Named> all = {{"uniform", Base(Strategy::kUniform)},
                            {"fair", Base(Strategy::kFair)},
                            {"adam", Base(Strategy::kUniform)},
                            {"proxyless full", Base(Strategy::kProxyless)},
                            {"proxyless two", Base(Strategy::kProxyless)},
                            {"reinforce", Base(Strategy::kProxyless)},
                            {"darts", Base(Strategy::kDarts)},
                            {"darts 2", Base(Strategy::kDarts)},
                            {"pieces", Base(Strategy::kUniform)},
                            {"dropout", Base(Strategy::kUniform)}};
  all[2].options.optimizer.kind = run::OptimizerOptions::Kind::kAdam;
  all[2].options.optimizer.nesterov = false;
  all[2].options.optimizer.learning_rate = 0.01;
  all[4].options.architecture.gradient = Gradient::kTwo;
  all[5].options.architecture.gradient = Gradient::kReinforce;
  all[5].options.architecture.samples = 3;
  all[7].options.architecture.order = 2;
  all[8].options.micro_batch_size = 15;
  all[9].options.classifier_dropout = 0.2;
  return all;
}

class Learning : public testing::Test {
 protected:
  void SetUp() override {
    backend_ = ToyBackend();
    run::DatasetOptions data;
    data.source = "synthetic:4:1x8x8:240";
    data.validation_fraction = 0.25;
    dataset_ = *backend_->OpenDataset(data);
  }
  std::unique_ptr<run::Trainer> NewTrainer(run::Supernet& supernet, const run::TrainOptions& options) {
    auto trainer = supernet.NewTrainer(options);
    EXPECT_TRUE(trainer.ok()) << trainer.status().message();
    return *std::move(trainer);
  }

  std::unique_ptr<run::Backend> backend_;
  std::shared_ptr<run::Dataset> dataset_;
};

TEST_F(Learning, EveryStrategyBringsTheLossWellBelowChance) {
  for (const Named& named : Trainings()) {
    SCOPED_TRACE(named.name);
    const auto supernet = *backend_->NewSupernet(ToySpace(kSize), {});
    const auto trainer = NewTrainer(*supernet, named.options);
    double loss = 0;
    for (uint32_t epoch = 0; epoch < kEpochs; ++epoch) {
      run::EpochRequest request;
      request.epoch = epoch;
      const auto outcome = trainer->Epoch(*dataset_, request);
      ASSERT_TRUE(outcome.ok()) << outcome.status().message();
      EXPECT_EQ(outcome->skipped_steps, 0U);
      loss = outcome->loss();
    }
    EXPECT_LT(loss, 0.8 * std::log(4.0));
    const auto parameters = supernet->Architecture();
    const bool learns = named.options.strategy == Strategy::kProxyless || named.options.strategy == Strategy::kDarts;
    EXPECT_EQ(parameters.ok(), learns);
    if (learns) {
      EXPECT_EQ(parameters->steps, kEpochs * 3);
    }
  }
}

TEST_F(Learning, StoppedBetweenTwoStepsItGoesOnBitForBit) {
  for (const Named& named : Trainings()) {
    SCOPED_TRACE(named.name);
    const auto whole = *backend_->NewSupernet(ToySpace(kSize), {});
    const auto whole_trainer = NewTrainer(*whole, named.options);
    const auto expected = whole_trainer->Epoch(*dataset_, {});
    ASSERT_TRUE(expected.ok());

    const auto stopped = *backend_->NewSupernet(ToySpace(kSize), {});
    const auto trainer = NewTrainer(*stopped, named.options);
    base::Cancel cancel;
    run::EpochRequest request;
    request.cancel = &cancel;
    request.progress = [&](uint64_t done, uint64_t) {
      if (done == 3) cancel.Trigger();
    };
    const auto part = trainer->Epoch(*dataset_, request);
    ASSERT_TRUE(part.ok());
    EXPECT_FALSE(part->complete);
    const auto loaded = backend_->LoadSupernet(ToySpace(kSize), *stopped->Serialize({}));
    ASSERT_TRUE(loaded.ok()) << loaded.status().message();
    const auto again = NewTrainer(**loaded, named.options);
    ASSERT_TRUE(again->Restore(*trainer->Snapshot()).ok());
    run::EpochRequest rest;
    rest.begun = *part;
    const auto finished = again->Epoch(*dataset_, rest);
    ASSERT_TRUE(finished.ok());
    EXPECT_EQ(finished->loss_sum, expected->loss_sum);
    EXPECT_EQ(*(*loaded)->Serialize({}), *whole->Serialize({}));
    EXPECT_EQ(*again->Snapshot(), *whole_trainer->Snapshot());
  }
}

TEST_F(Learning, ArchitectureParametersFollowIntoShrunkSpaces) {
  const auto supernet = *backend_->NewSupernet(ToySpace(kSize), {});
  const auto trainer = NewTrainer(*supernet, Base(Strategy::kDarts));
  ASSERT_TRUE(trainer->Epoch(*dataset_, {}).ok());
  space::Space shrunk = ToySpace(kSize);
  for (space::Choice& choice : shrunk.choices) choice.alive = {1, 3};
  const auto heir = supernet->Inherit(shrunk, {});
  ASSERT_TRUE(heir.ok()) << heir.status().message();
  const auto before = *supernet->Architecture();
  const auto after = *(*heir)->Architecture();
  EXPECT_EQ(after.steps, before.steps);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(after.alpha[i][3], before.alpha[i][3]);
    EXPECT_EQ(after.alpha[i][2], 0);
  }
}

TEST_F(Learning, ADeeperNetworkTakesTheLayersItShares) {
  ToySize deep = kSize;
  deep.cells = 2;
  const auto supernet = *backend_->NewSupernet(ToySpace(kSize), {});
  const auto trainer = NewTrainer(*supernet, Base(Strategy::kUniform));
  ASSERT_TRUE(trainer->Epoch(*dataset_, {}).ok());
  EXPECT_EQ(supernet->Inherit(ToySpace(deep), {}).status().code(), base::Code::kFailedPrecondition);
  run::InheritOptions options;
  options.fill = true;
  options.seed = 9;
  const auto heir = supernet->Inherit(ToySpace(deep), options);
  ASSERT_TRUE(heir.ok()) << heir.status().message();
  // One cell a stage in place of two: cells 0, 2, 4 with residual blocks 1 and 3 become 0, 3, 6 with 2 and 5.
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"stem.0.weight", "stem.0.weight"},
      {"cells.0.edges.1<-0.3.op.1.weight", "cells.0.edges.1<-0.3.op.1.weight"},
      {"cells.1.conv_a.op.1.weight", "cells.2.conv_a.op.1.weight"},
      {"cells.2.edges.3<-2.2.op.1.weight", "cells.3.edges.3<-2.2.op.1.weight"},
      {"cells.3.downsample.1.weight", "cells.5.downsample.1.weight"},
      {"cells.4.edges.2<-1.3.op.2.running_mean", "cells.6.edges.2<-1.3.op.2.running_mean"},
      {"classifier.weight", "classifier.weight"}};
  for (const auto& [from, to] : pairs) {
    const auto expected = supernet->Tensor(from);
    const auto actual = (*heir)->Tensor(to);
    ASSERT_TRUE(expected.ok()) << from;
    ASSERT_TRUE(actual.ok()) << to;
    EXPECT_EQ(actual->values, expected->values) << to;
  }
  const auto fresh = *backend_->NewSupernet(ToySpace(deep), {9, "kaiming_uniform", false});
  EXPECT_EQ((*heir)->Tensor("cells.1.edges.1<-0.3.op.1.weight")->values,
            fresh->Tensor("cells.1.edges.1<-0.3.op.1.weight")->values);
}

TEST_F(Learning, AChildOnItsOwnBeginsWithTheSupernetsWeights) {
  const auto supernet = *backend_->NewSupernet(ToySpace(kSize), {});
  ASSERT_TRUE(NewTrainer(*supernet, Base(Strategy::kUniform))->Epoch(*dataset_, {}).ok());
  space::Space pinned = ToySpace(kSize);
  for (space::Choice& choice : pinned.choices) choice.alive = {3};
  run::InheritOptions options;
  options.stand_alone = true;
  const auto child = supernet->Inherit(pinned, options);
  ASSERT_TRUE(child.ok()) << child.status().message();
  EXPECT_EQ((*child)->Tensor("cells.0.edges.1<-0.3.op.1.weight")->values,
            supernet->Tensor("cells.0.edges.1<-0.3.op.1.weight")->values);
  const run::NamedTensor scale = *(*child)->Tensor("cells.0.edges.1<-0.3.op.2.weight");
  EXPECT_EQ(scale.values, std::vector<float>(scale.values.size(), 1.0F));
}

}  // namespace
}  // namespace nasshrink::nn
