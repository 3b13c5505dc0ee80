#include "nn/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "nn/toy_space.h"

namespace nasshrink::nn {
namespace {

constexpr ToySize kSize = {4, 1, 1, 8, 4};

class Evaluate : public testing::Test {
 protected:
  void SetUp() override {
    backend_ = ToyBackend();
    run::DatasetOptions data;
    data.source = "synthetic:4:1x8x8:400";
    data.validation_fraction = 0.25;
    auto dataset = backend_->OpenDataset(data);
    ASSERT_TRUE(dataset.ok()) << dataset.status().message();
    dataset_ = *dataset;
    supernet_ = *backend_->NewSupernet(ToySpace(kSize), {});
  }
  void Train(uint32_t epochs) {
    run::TrainOptions options;
    options.batch_size = 30;
    options.optimizer.learning_rate = 0.1;
    auto trainer = supernet_->NewTrainer(options);
    for (uint32_t epoch = 0; epoch < epochs; ++epoch) {
      run::EpochRequest request;
      request.epoch = epoch;
      const auto outcome = (*trainer)->Epoch(*dataset_, request);
      ASSERT_TRUE(outcome.ok()) << outcome.status().message();
      EXPECT_EQ(outcome->images, 300U);
      EXPECT_EQ(outcome->steps, 10U);
      EXPECT_EQ(outcome->skipped_steps, 0U);
    }
  }
  std::vector<run::Evaluation> Run(const std::vector<space::Architecture>& architectures,
                                   const run::EvaluateOptions& options = {}) {
    auto evaluations = supernet_->Evaluate(architectures, dataset_.get(), options, nullptr, {});
    EXPECT_TRUE(evaluations.ok()) << evaluations.status().message();
    return evaluations.ok() ? *evaluations : std::vector<run::Evaluation>();
  }

  std::unique_ptr<run::Backend> backend_;
  std::shared_ptr<run::Dataset> dataset_;
  std::unique_ptr<run::Supernet> supernet_;
};

const space::Architecture kA = {3, 3, 2, 1, 3, 2};
const space::Architecture kB = {2, 4, 3, 3, 1, 1};

TEST_F(Evaluate, AChildDoesNotDependOnTheOthersAndNothingChanges) {
  Train(1);
  const std::string before = *supernet_->Serialize({});
  const auto first = Run({kA});
  const auto mixed = Run({kB, kA, kB, kA});
  ASSERT_EQ(mixed.size(), 4U);
  for (const size_t i : {1U, 3U}) {
    EXPECT_EQ(mixed[i].accuracy, first[0].accuracy);
    EXPECT_EQ(mixed[i].loss, first[0].loss);
  }
  EXPECT_NE(mixed[0].loss, mixed[1].loss);
  EXPECT_EQ(*supernet_->Serialize({}), before);
}

TEST_F(Evaluate, TrainedChildrenBeatChance) {
  Train(24);
  EXPECT_GT(Run({kA})[0].accuracy, 60);
  run::EvaluateOptions test;
  test.part = run::Part::kTest;
  EXPECT_GT(Run({kA}, test)[0].accuracy, 60);
}

TEST_F(Evaluate, ADisconnectedChildGuessesOneClass) {
  Train(1);
  const auto evaluation = Run({{0, 0, 0, 0, 0, 0}})[0];
  EXPECT_LT(evaluation.accuracy, 45);
  EXPECT_TRUE(std::isfinite(evaluation.loss));
}

TEST_F(Evaluate, ReBatchNormMatters) {
  Train(4);
  run::EvaluateOptions cumulative;
  run::EvaluateOptions exponential;
  exponential.re_bn.average = run::ReBatchNorm::Average::kExponential;
  exponential.re_bn.batch_size = 10;
  run::EvaluateOptions off;
  off.re_bn.average = run::ReBatchNorm::Average::kOff;
  const double with = Run({kA}, cumulative)[0].loss;
  EXPECT_NE(Run({kA}, exponential)[0].loss, with);
  EXPECT_NE(Run({kA}, off)[0].loss, with);
}

// One calibration batch: the cumulative average is that batch's moments, so evaluating the same images in one batch
// must agree with batch norm in training mode, up to the unbiased variance.
TEST_F(Evaluate, OneCalibrationBatchIsThatBatchsMoments) {
  Train(2);
  run::EvaluateOptions options;
  options.part = run::Part::kTrain;
  options.re_bn.batch_size = 300;
  options.batch_size = 300;
  const double given = Run({kA}, options)[0].loss;
  run::EvaluateOptions exponential = options;
  exponential.re_bn.average = run::ReBatchNorm::Average::kExponential;
  exponential.re_bn.momentum = 1;
  EXPECT_DOUBLE_EQ(Run({kA}, exponential)[0].loss, given);
  // Other ways to cut the evaluation into batches change nothing.
  options.batch_size = 7;
  EXPECT_NEAR(Run({kA}, options)[0].loss, given, 1e-6);
}

// Which images the statistics come from is independent of which ones are looked at.
TEST_F(Evaluate, CalibrationAndEvaluationHaveImagesOfTheirOwn) {
  Train(2);
  run::EvaluateOptions options;
  options.part = run::Part::kTest;
  const double usual = Run({kA}, options)[0].loss;
  options.re_bn.images = 150;
  const double fewer = Run({kA}, options)[0].loss;
  options.re_bn.part = run::Part::kValidation;
  options.re_bn.images = 100;
  const double validation = Run({kA}, options)[0].loss;
  EXPECT_NE(fewer, usual);
  EXPECT_NE(validation, usual);
  EXPECT_NE(validation, fewer);
  // The validation part has 100 images: more cannot be had.
  options.re_bn.images = 5000;
  EXPECT_EQ(Run({kA}, options)[0].loss, validation);
}

TEST_F(Evaluate, FewerImagesAreTheFirstOnes) {
  Train(1);
  run::EvaluateOptions options;
  options.images = 10;
  const double accuracy = Run({kA}, options)[0].accuracy;
  EXPECT_EQ(accuracy, 10 * std::round(accuracy / 10));
}

TEST_F(Evaluate, CancelStopsAndProgressCounts) {
  base::Cancel cancel;
  uint64_t done = 0;
  const auto finished = supernet_->Evaluate({kA, kB}, dataset_.get(), {}, &cancel, [&](uint64_t now, uint64_t total) {
    done = now;
    EXPECT_EQ(total, 2U);
  });
  ASSERT_TRUE(finished.ok());
  EXPECT_EQ(done, 2U);
  cancel.Trigger();
  EXPECT_EQ(supernet_->Evaluate({kA}, dataset_.get(), {}, &cancel, {}).status().code(), base::Code::kCancelled);
  auto trainer = supernet_->NewTrainer({});
  run::EpochRequest request;
  request.cancel = &cancel;
  const auto stopped = (*trainer)->Epoch(*dataset_, request);
  ASSERT_TRUE(stopped.ok()) << stopped.status().message();
  EXPECT_FALSE(stopped->complete);
  EXPECT_EQ(stopped->steps, 0U);
}

TEST_F(Evaluate, DataThatDoNotFitTheNetworkAreRefused) {
  run::DatasetOptions data;
  data.source = "synthetic:4:1x12x12:40";
  auto wide = backend_->OpenDataset(data);
  const auto sides = supernet_->Evaluate({kA}, wide->get(), {}, nullptr, {});
  ASSERT_FALSE(sides.ok());
  EXPECT_NE(sides.status().message().find("1x12x12"), std::string::npos) << sides.status().message();
  data.source = "synthetic:9:1x8x8:200";
  auto many = backend_->OpenDataset(data);
  EXPECT_EQ(supernet_->Evaluate({kA}, many->get(), {}, nullptr, {}).status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(supernet_->Evaluate({kA}, nullptr, {}, nullptr, {}).status().code(), base::Code::kInvalidArgument);
  run::EvaluateOptions options;
  options.batch_size = 0;
  EXPECT_EQ(supernet_->Evaluate({kA}, dataset_.get(), options, nullptr, {}).status().code(),
            base::Code::kInvalidArgument);
}

TEST_F(Evaluate, EpochsAreTheSameInEverySupernetOfTheSameSeed) {
  Train(2);
  const std::string first = *supernet_->Serialize({});
  supernet_ = *backend_->NewSupernet(ToySpace(kSize), {});
  Train(2);
  EXPECT_EQ(*supernet_->Serialize({}), first);
}

TEST_F(Evaluate, StepsPerEpochCountThePartialBatch) {
  run::TrainOptions options;
  options.batch_size = 64;
  auto trainer = supernet_->NewTrainer(options);
  EXPECT_EQ((*trainer)->StepsPerEpoch(*dataset_), 5U);
  options.images = 100;
  trainer = supernet_->NewTrainer(options);
  EXPECT_EQ((*trainer)->StepsPerEpoch(*dataset_), 2U);
}

}  // namespace
}  // namespace nasshrink::nn
