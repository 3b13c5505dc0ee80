// What training steps work on: which paths are drawn, how gradients of several passes add up, and steps in three parts.
#include "nn/strategy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/safetensors.h"
#include "nn/fair_strategy.h"
#include "nn/head.h"
#include "nn/toy_space.h"

namespace nasshrink::nn {
namespace {

using Kind = run::TrainOptions::Strategy;

run::TrainOptions Options() {
  run::TrainOptions options;
  options.optimizer.learning_rate = 0.05;
  options.optimizer.weight_decay = 0.01;
  options.schedule_steps = 20;
  options.seed = 3;
  return options;
}

std::unique_ptr<run::Trainer> NewTrainer(run::Supernet& supernet, const run::TrainOptions& options) {
  auto trainer = supernet.NewTrainer(options);
  EXPECT_TRUE(trainer.ok()) << trainer.status().message();
  return *std::move(trainer);
}

TEST(FairStrategy, CountsOfAChoiceAreNeverMoreThanOneApart) {
  space::Space space = ToySpace();
  space.choices[1].alive = {0, 2, 3};
  space.choices[4].alive = {1, 4};
  space.choices[5].alive = {2};
  const FairStrategy strategy(space, 3);
  ASSERT_EQ(strategy.paths(), 5U);
  std::vector<std::map<uint32_t, int>> counts(space.choices.size());
  std::set<space::Architecture> seen;
  for (uint64_t step = 0; step < 40; ++step) {
    for (uint32_t path = 0; path < strategy.paths(); ++path) {
      const auto drawn = strategy.Draw(step, path);
      ASSERT_EQ(drawn.size(), 1U);
      seen.insert(drawn[0]);
      for (size_t choice = 0; choice < counts.size(); ++choice) {
        ++counts[choice][drawn[0][choice]];
        int least = std::numeric_limits<int>::max();
        int most = 0;
        for (const uint32_t candidate : space.choices[choice].alive) {
          least = std::min(least, counts[choice][candidate]);
          most = std::max(most, counts[choice][candidate]);
        }
        EXPECT_LE(most - least, 1) << "choice " << choice << " step " << step;
      }
    }
    // FairNAS's rule where a choice has as many candidates as there are paths.
    for (const uint32_t candidate : space.choices[0].alive) EXPECT_EQ(counts[0][candidate], static_cast<int>(step) + 1);
  }
  EXPECT_GT(seen.size(), 150U);
}

TEST(FairStrategy, AStepTrainsEveryOperatorOnce) {
  const auto backend = ToyBackend();
  // Only convolutions, so that every operator has weights and every edge lies on a path.
  space::Space space = ToySpace();
  for (space::Choice& choice : space.choices) choice.alive = {2, 3};
  const auto supernet = *backend->NewSupernet(space, {});
  run::TrainOptions options = Options();
  options.strategy = Kind::kFair;
  const auto trainer = NewTrainer(*supernet, options);
  const std::string before_bytes = *supernet->Serialize({});
  const ToyBatch batch = MakeToyBatch(8);
  const auto outcome = trainer->Step(batch.inputs_view(), batch.targets_view());
  ASSERT_TRUE(outcome.ok()) << outcome.status().message();
  EXPECT_EQ(outcome->architectures.size(), 2U);
  const std::string after_bytes = *supernet->Serialize({});
  const auto before = base::ParseSafetensors(before_bytes);
  const auto after = base::ParseSafetensors(after_bytes);
  int operators = 0;
  for (const auto& tensor : after->tensors) {
    const bool weight = tensor.name.rfind("cells.", 0) == 0 && tensor.name.find(".edges.") != std::string::npos &&
                        tensor.name.find(".weight") != std::string::npos;
    if (!weight) continue;
    ++operators;
    EXPECT_NE(before->Find(tensor.name)->data, tensor.data) << tensor.name;
  }
  EXPECT_EQ(operators, 3 * 6 * 2);
}

TEST(GivenStrategy, TakesThePathsItIsGiven) {
  const auto backend = ToyBackend();
  const auto supernet = *backend->NewSupernet(ToySpace(), {});
  run::TrainOptions options = Options();
  options.draw = [](uint64_t seed, uint64_t step) {
    return space::Architecture(6, static_cast<uint32_t>((seed + step) % 5));
  };
  const auto trainer = NewTrainer(*supernet, options);
  const ToyBatch batch = MakeToyBatch(8);
  for (uint32_t step = 0; step < 3; ++step) {
    const auto outcome = trainer->Step(batch.inputs_view(), batch.targets_view());
    ASSERT_TRUE(outcome.ok());
    ASSERT_EQ(outcome->architectures.size(), 1U);
    EXPECT_EQ(outcome->architectures[0], space::Architecture(6, (3 + step) % 5));
  }
}

// The gradient of a batch that repeats itself is that of one repetition; so are its moments, so that pieces of it give
// the step of the whole.
TEST(TrainingStep, PiecesOfABatchAddUpToItsStep) {
  const auto backend = ToyBackend();
  const ToyBatch once = MakeToyBatch(6);
  ToyBatch twice = once;
  twice.count = 12;
  twice.images.insert(twice.images.end(), once.images.begin(), once.images.end());
  twice.targets.insert(twice.targets.end(), once.targets.begin(), once.targets.end());
  std::vector<std::vector<float>> weights;
  std::vector<run::StepOutcome> outcomes;
  for (const uint32_t piece : {0U, 6U}) {
    const auto supernet = *backend->NewSupernet(ToySpace(), {});
    run::TrainOptions options = Options();
    options.micro_batch_size = piece;
    const auto trainer = NewTrainer(*supernet, options);
    const auto outcome = trainer->Step(twice.inputs_view(), twice.targets_view());
    ASSERT_TRUE(outcome.ok()) << outcome.status().message();
    outcomes.push_back(*outcome);
    weights.push_back(supernet->Tensor("classifier.weight")->values);
  }
  EXPECT_EQ(outcomes[0].architectures, outcomes[1].architectures);
  EXPECT_NEAR(outcomes[0].loss, outcomes[1].loss, 1e-6);
  EXPECT_NEAR(outcomes[0].gradient_norm, outcomes[1].gradient_norm, 1e-4);
  for (size_t i = 0; i < weights[0].size(); ++i) EXPECT_NEAR(weights[0][i], weights[1][i], 1e-6);
}

struct ThreeParts {
  run::Trainer* trainer;
  const ToyBatch* batch;

  // One forward and backward with the cross-entropy taken here.
  void Pass() const {
    const auto forward = trainer->Forward(batch->inputs_view());
    ASSERT_TRUE(forward.ok()) << forward.status().message();
    std::vector<float> gradient(forward->logits.size());
    CrossEntropy(forward->rows, static_cast<int>(forward->classes), forward->logits.data(), batch->targets.data(), 0,
                 gradient.data());
    const base::Status status =
        trainer->Backward({gradient.data(), run::DType::kFloat32, {forward->rows, forward->classes}});
    ASSERT_TRUE(status.ok()) << status.message();
  }
};

TEST(TrainingStep, InThreePartsIsTheStepBitForBit) {
  for (const Kind kind : {Kind::kUniform, Kind::kFair}) {
    const auto backend = ToyBackend();
    const auto whole = *backend->NewSupernet(ToySpace(), {});
    const auto parts = *backend->NewSupernet(ToySpace(), {});
    run::TrainOptions options = Options();
    options.strategy = kind;
    const auto whole_trainer = NewTrainer(*whole, options);
    const auto parts_trainer = NewTrainer(*parts, options);
    const ToyBatch batch = MakeToyBatch(8);
    const int paths = kind == Kind::kFair ? 5 : 1;
    for (int step = 0; step < 3; ++step) {
      const auto expected = whole_trainer->Step(batch.inputs_view(), batch.targets_view());
      ASSERT_TRUE(expected.ok());
      const ThreeParts three{parts_trainer.get(), &batch};
      // Leaves no trace.
      ASSERT_TRUE(parts_trainer->Forward(batch.inputs_view()).ok());
      for (int path = 0; path < paths; ++path) {
        EXPECT_EQ(parts_trainer->Apply().status().code(), base::Code::kFailedPrecondition);
        three.Pass();
        EXPECT_EQ(parts_trainer->Snapshot().status().code(), base::Code::kFailedPrecondition);
        EXPECT_EQ(parts_trainer->Step(batch.inputs_view(), batch.targets_view()).status().code(),
                  base::Code::kFailedPrecondition);
      }
      const auto applied = parts_trainer->Apply();
      ASSERT_TRUE(applied.ok()) << applied.status().message();
      EXPECT_EQ(applied->architectures, expected->architectures);
      EXPECT_EQ(applied->gradient_norm, expected->gradient_norm);
    }
    EXPECT_EQ(*parts->Serialize({}), *whole->Serialize({}));
    EXPECT_EQ(*parts_trainer->Snapshot(), *whole_trainer->Snapshot());
  }
}

TEST(TrainingStep, GradientsAreReadByNameAndWeightsWritten) {
  const auto backend = ToyBackend();
  const auto ours = *backend->NewSupernet(ToySpace(), {});
  const auto theirs = *backend->NewSupernet(ToySpace(), {});
  run::TrainOptions options = Options();
  options.optimizer.momentum = 0;
  options.optimizer.weight_decay = 0;
  options.optimizer.schedule = run::OptimizerOptions::Schedule::kConstant;
  const auto trainer = NewTrainer(*ours, options);
  options.optimizer.kind = run::OptimizerOptions::Kind::kNone;
  const auto other = NewTrainer(*theirs, options);
  const ToyBatch batch = MakeToyBatch(8);
  for (int step = 0; step < 3; ++step) {
    ASSERT_TRUE(trainer->Step(batch.inputs_view(), batch.targets_view()).ok());
    ThreeParts{other.get(), &batch}.Pass();
    for (const run::TensorInfo& info : theirs->Describe().tensors) {
      const auto gradient = other->Gradient(info.name);
      if (info.name.find("running_") != std::string::npos) {
        EXPECT_EQ(gradient.status().code(), base::Code::kNotFound);
        continue;
      }
      ASSERT_TRUE(gradient.ok()) << gradient.status().message();
      EXPECT_EQ(gradient->shape, info.shape);
      run::NamedTensor weight = *theirs->Tensor(info.name);
      for (size_t i = 0; i < weight.values.size(); ++i) weight.values[i] -= 0.05F * gradient->values[i];
      ASSERT_TRUE(theirs->SetTensor(info.name, {weight.values.data(), run::DType::kFloat32, weight.shape}).ok());
    }
    ASSERT_TRUE(other->Apply().ok());
  }
  EXPECT_EQ(*theirs->Serialize({}), *ours->Serialize({}));
  EXPECT_EQ(theirs->Tensor("nothing").status().code(), base::Code::kNotFound);
  const float bad = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(theirs->SetTensor("stem.1.running_mean", {&bad, run::DType::kFloat32, {1}}).code(),
            base::Code::kInvalidArgument);
}

std::shared_ptr<run::Dataset> Images(run::Backend& backend, const ToyBatch& batch) {
  run::DatasetOptions split;
  split.validation_fraction = 0;
  auto dataset = backend.DatasetFromTensors(batch.inputs_view(), batch.targets_view(), split);
  EXPECT_TRUE(dataset.ok()) << dataset.status().message();
  return *dataset;
}

TEST(Epoch, StoppedBetweenTwoStepsItGoesOnBitForBit) {
  const auto backend = ToyBackend();
  const auto dataset = Images(*backend, MakeToyBatch(40));
  for (const Kind kind : {Kind::kUniform, Kind::kFair}) {
    run::TrainOptions options = Options();
    options.batch_size = 8;
    options.strategy = kind;
    const auto whole = *backend->NewSupernet(ToySpace(), {});
    const auto expected = NewTrainer(*whole, options)->Epoch(*dataset, {});
    ASSERT_TRUE(expected.ok());
    EXPECT_TRUE(expected->complete);

    const auto stopped = *backend->NewSupernet(ToySpace(), {});
    const auto trainer = NewTrainer(*stopped, options);
    base::Cancel cancel;
    run::EpochRequest request;
    request.cancel = &cancel;
    request.progress = [&](uint64_t done, uint64_t) {
      if (done == 2) cancel.Trigger();
    };
    const auto part = trainer->Epoch(*dataset, request);
    ASSERT_TRUE(part.ok());
    EXPECT_FALSE(part->complete);
    EXPECT_EQ(part->steps, 2U);
    const auto loaded = *backend->LoadSupernet(ToySpace(), *stopped->Serialize({}));
    const auto again = NewTrainer(*loaded, options);
    ASSERT_TRUE(again->Restore(*trainer->Snapshot()).ok());
    run::EpochRequest rest;
    rest.begun = *part;
    const auto finished = again->Epoch(*dataset, rest);
    ASSERT_TRUE(finished.ok());
    EXPECT_TRUE(finished->complete);
    EXPECT_EQ(finished->loss_sum, expected->loss_sum);
    EXPECT_EQ(finished->steps, expected->steps);
    EXPECT_EQ(*loaded->Serialize({}), *whole->Serialize({}));
  }
}

TEST(Epoch, StepsThatAreNotFiniteAreToldOfAndEndItWhenTheyGoOn) {
  const auto backend = ToyBackend();
  space::Space connected = ToySpace();
  connected.choices[3].alive = {1, 3};
  ToyBatch batch = MakeToyBatch(40);
  for (float& value : batch.images) value = std::numeric_limits<float>::infinity();
  const auto dataset = Images(*backend, batch);
  const auto supernet = *backend->NewSupernet(connected, {});
  run::TrainOptions options = Options();
  options.batch_size = 8;
  options.max_skipped_steps = 3;
  const auto trainer = NewTrainer(*supernet, options);
  const std::string image = *supernet->Serialize({});
  std::vector<uint64_t> told;
  run::EpochRequest request;
  request.skipped = [&](uint64_t step, const base::Status& reason) {
    EXPECT_EQ(reason.code(), base::Code::kOutOfRange);
    told.push_back(step);
    return base::Status();
  };
  const auto outcome = trainer->Epoch(*dataset, request);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.status().code(), base::Code::kOutOfRange);
  EXPECT_EQ(told, (std::vector<uint64_t>{0, 1, 2}));
  EXPECT_EQ(*supernet->Serialize({}), image);
}

TEST(Adopt, MomentumIsCarriedIntoAShrunkSpace) {
  const auto backend = ToyBackend();
  const auto supernet = *backend->NewSupernet(ToySpace(), {});
  const auto trainer = NewTrainer(*supernet, Options());
  const ToyBatch batch = MakeToyBatch(8);
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(trainer->Step(batch.inputs_view(), batch.targets_view()).ok());
  const std::string before_bytes = *trainer->Snapshot();

  space::Space shrunk = ToySpace();
  for (space::Choice& choice : shrunk.choices) choice.alive = {1, 3};
  const auto heir = *supernet->Inherit(shrunk, {});
  const auto next = NewTrainer(*heir, Options());
  ASSERT_TRUE(next->Adopt(before_bytes).ok());
  const std::string after_bytes = *next->Snapshot();
  const auto before = base::ParseSafetensors(before_bytes);
  const auto after = base::ParseSafetensors(after_bytes);
  EXPECT_EQ(after->metadata.at("step"), "0");
  std::set<std::string> kept;
  for (const auto& tensor : after->tensors) {
    ASSERT_NE(before->Find(tensor.name), nullptr) << tensor.name;
    EXPECT_EQ(before->Find(tensor.name)->data, tensor.data);
    kept.insert(tensor.name);
  }
  EXPECT_EQ(kept.count("momentum.stem.0.weight"), 1U);
  for (const auto& tensor : before->tensors) {
    const bool dropped = tensor.name.find(".2.op.") != std::string::npos;
    EXPECT_EQ(kept.count(tensor.name), dropped ? 0U : 1U) << tensor.name;
  }
  EXPECT_EQ(next->Restore(before_bytes).code(), base::Code::kDataLoss);
  run::TrainOptions adam = Options();
  adam.optimizer.kind = run::OptimizerOptions::Kind::kAdam;
  EXPECT_EQ(NewTrainer(*heir, adam)->Adopt(before_bytes).code(), base::Code::kFailedPrecondition);
}

}  // namespace
}  // namespace nasshrink::nn
