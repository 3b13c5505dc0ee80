#include "run/options.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "space/cost.h"
#include "space/presets.h"

namespace nasshrink::run {
namespace {

using base::Code;

TEST(OptionsTest, EmptyMessagesGiveTheDocumentedDefaults) {
  const auto train = ResolveTrain(v1::TrainOptions());
  ASSERT_TRUE(train.ok());
  EXPECT_EQ(train->batch_size, 64U);
  EXPECT_EQ(train->optimizer.momentum, 0.9);
  EXPECT_EQ(train->optimizer.schedule, OptimizerOptions::Schedule::kCosine);
  EXPECT_TRUE(train->optimizer.decay_all);
  EXPECT_TRUE(train->freeze_unsampled);
  EXPECT_FALSE(train->per_cell_rejecting);
  const auto evaluate = ResolveEvaluate(v1::EvaluateOptions());
  ASSERT_TRUE(evaluate.ok());
  EXPECT_EQ(evaluate->batch_size, 512U);
  EXPECT_EQ(evaluate->re_bn.images, 20000U);
  EXPECT_EQ(evaluate->re_bn.momentum, 0.1);
  EXPECT_EQ(evaluate->re_bn.average, ReBatchNorm::Average::kCumulative);
  EXPECT_EQ(evaluate->part, Part::kValidation);
  EXPECT_EQ(evaluate->re_bn.part, Part::kTrain);
  const auto supernet = ResolveSupernet(v1::SupernetOptions(), 7);
  ASSERT_TRUE(supernet.ok());
  EXPECT_EQ(supernet->seed, 7U);
  EXPECT_EQ(supernet->init, "kaiming_uniform");
}

TEST(OptionsTest, GivenZerosOfOptionalFieldsAreKept) {
  v1::TrainOptions message;
  message.mutable_optimizer()->set_momentum(0);
  message.set_freeze_unsampled(false);
  const auto train = ResolveTrain(message);
  ASSERT_TRUE(train.ok());
  EXPECT_EQ(train->optimizer.momentum, 0);
  EXPECT_FALSE(train->freeze_unsampled);
  v1::DatasetOptions data;
  data.set_source("synthetic:10");
  data.set_validation_fraction(0);
  EXPECT_EQ(ResolveDataset(data)->validation_fraction, 0);
}

TEST(OptionsTest, AugmentationIsOffUntilAskedFor) {
  v1::TrainOptions message;
  EXPECT_FALSE(ResolveTrain(message)->augmentation.resized_crop);
  EXPECT_EQ(ResolveTrain(message)->augmentation.rand_augment_operations, 0U);
  message.mutable_augmentation()->mutable_resized_crop();
  message.mutable_augmentation()->mutable_rand_augment()->set_operations(2);
  const AugmentationOptions usual = ResolveTrain(message)->augmentation;
  EXPECT_TRUE(usual.resized_crop);
  EXPECT_EQ(usual.min_area, 0.08);
  EXPECT_EQ(usual.max_area, 1);
  EXPECT_EQ(usual.min_ratio, 3.0 / 4);
  EXPECT_EQ(usual.max_ratio, 4.0 / 3);
  EXPECT_EQ(usual.rand_augment_magnitude, 9);
  message.mutable_augmentation()->mutable_rand_augment()->set_magnitude(0);
  message.mutable_augmentation()->mutable_resized_crop()->set_max_area(0.05);
  EXPECT_EQ(ResolveTrain(message)->augmentation.rand_augment_magnitude, 0);
  EXPECT_EQ(ResolveTrain(message)->augmentation.min_area, 0.05);
}

TEST(OptionsTest, ErrorsOfAugmentationNameTheField) {
  const auto field = [](void (*spoil)(v1::Augmentation*)) {
    v1::TrainOptions message;
    spoil(message.mutable_augmentation());
    return ResolveTrain(message).status().details().field;
  };
  EXPECT_EQ(field([](v1::Augmentation* m) { m->set_brightness(-0.1); }), "augmentation.brightness");
  EXPECT_EQ(field([](v1::Augmentation* m) { m->set_saturation(11); }), "augmentation.saturation");
  EXPECT_EQ(field([](v1::Augmentation* m) { m->mutable_resized_crop()->set_max_area(2); }),
            "augmentation.resized_crop.max_area");
  EXPECT_EQ(field([](v1::Augmentation* m) {
              m->mutable_resized_crop()->set_min_area(0.5);
              m->mutable_resized_crop()->set_max_area(0.4);
            }),
            "augmentation.resized_crop.min_area");
  EXPECT_EQ(field([](v1::Augmentation* m) { m->mutable_resized_crop()->set_min_ratio(2); }),
            "augmentation.resized_crop.min_ratio");
  EXPECT_EQ(field([](v1::Augmentation* m) { m->mutable_rand_augment()->set_operations(15); }),
            "augmentation.rand_augment.operations");
  EXPECT_EQ(field([](v1::Augmentation* m) { m->mutable_rand_augment()->set_magnitude(10.5); }),
            "augmentation.rand_augment.magnitude");
}

TEST(OptionsTest, ErrorsNameTheField) {
  const auto train_field = [](void (*spoil)(v1::TrainOptions*)) {
    v1::TrainOptions message;
    spoil(&message);
    return ResolveTrain(message).status().details().field;
  };
  EXPECT_EQ(train_field([](v1::TrainOptions* m) { m->set_label_smoothing(1); }), "label_smoothing");
  EXPECT_EQ(train_field([](v1::TrainOptions* m) { m->set_batch_size(1U << 30); }), "batch_size");
  EXPECT_EQ(train_field([](v1::TrainOptions* m) { m->set_cell_sampling("none"); }), "cell_sampling");
  EXPECT_EQ(train_field([](v1::TrainOptions* m) { m->mutable_optimizer()->set_schedule("step"); }),
            "optimizer.schedule");
  EXPECT_EQ(train_field([](v1::TrainOptions* m) {
              m->mutable_optimizer()->set_learning_rate(std::numeric_limits<double>::quiet_NaN());
            }),
            "optimizer.learning_rate");
  EXPECT_EQ(train_field([](v1::TrainOptions* m) {
              m->mutable_optimizer()->set_nesterov(true);
              m->mutable_optimizer()->set_momentum(0);
            }),
            "optimizer.nesterov");
  v1::TrainerOptions trainer;
  trainer.mutable_train()->set_batch_size(1U << 30);
  EXPECT_EQ(ResolveTrainer(trainer, *space::Preset("nas-bench-201", {})).status().details().field, "train.batch_size");
  v1::DatasetOptions data;
  EXPECT_EQ(ResolveDataset(data).status().details().field, "source");
  data.set_source("fashion-mnist");
  data.add_mean(0.5);
  EXPECT_EQ(ResolveDataset(data).status().details().field, "deviation");
  data.add_deviation(0);
  EXPECT_EQ(ResolveDataset(data).status().details().field, "deviation[0]");
  v1::EvaluateOptions evaluate;
  evaluate.set_part("holdout");
  EXPECT_EQ(ResolveEvaluate(evaluate).status().details().field, "part");
  evaluate.clear_part();
  evaluate.mutable_re_bn()->set_part("holdout");
  EXPECT_EQ(ResolveEvaluate(evaluate).status().details().field, "re_bn.part");
  data.set_random_labels(65537);
  data.set_deviation(0, 1);
  EXPECT_EQ(ResolveDataset(data).status().details().field, "random_labels");
}

TEST(OptionsTest, ConstrainedPathsLieInsideTheWindows) {
  const space::Space space = *space::Preset("nas-bench-201", {});
  const auto cost = *space::CostModel::Make(space);
  v1::TrainOptions message;
  v1::Constraint* constraint = message.add_constraints();
  constraint->set_cost("macs");
  constraint->set_max(static_cast<double>(cost.Macs({2, 2, 2, 2, 2, 2})));
  TrainOptions options = *ResolveTrain(message);
  ASSERT_TRUE(ResolvePaths(message, space, &options).ok());
  std::set<space::Architecture> seen;
  for (uint64_t step = 0; step < 300; ++step) {
    const space::Architecture path = options.draw(1, step);
    EXPECT_LE(cost.Macs(path), constraint->max());
    EXPECT_EQ(options.draw(1, step), path);
    seen.insert(path);
  }
  EXPECT_GT(seen.size(), 200U);
  constraint->set_max(1);
  EXPECT_EQ(ResolvePaths(message, space, &options).code(), Code::kFailedPrecondition);
  message.set_strategy("fair");
  EXPECT_EQ(ResolveTrain(message).status().details().field, "constraints");
}

TEST(OptionsTest, GradientStrategiesHaveTheDefaultsOfTheirPublishedCode) {
  v1::TrainOptions message;
  message.set_strategy("darts");
  const ArchitectureOptions darts = ResolveTrain(message)->architecture;
  EXPECT_EQ(darts.optimizer.learning_rate, 3e-4);
  EXPECT_EQ(darts.optimizer.beta1, 0.5);
  EXPECT_EQ(darts.optimizer.weight_decay, 1e-3);
  EXPECT_EQ(darts.every, 1U);
  EXPECT_EQ(darts.optimizer.clip_norm, 0);
  message.mutable_architecture()->mutable_optimizer()->set_clip_norm(5);
  EXPECT_EQ(ResolveTrain(message)->architecture.optimizer.clip_norm, 5);
  message.set_strategy("proxyless");
  message.mutable_architecture()->set_cost("macs");
  message.mutable_architecture()->set_cost_reference(1e8);
  TrainOptions options = *ResolveTrain(message);
  EXPECT_EQ(options.architecture.optimizer.learning_rate, 1e-3);
  EXPECT_EQ(options.architecture.optimizer.beta1, 0);
  EXPECT_EQ(options.architecture.every, 5U);
  EXPECT_EQ(options.architecture.cost_weight, 0.2);
  const space::Space space = *space::Preset("nas-bench-201", {});
  ASSERT_TRUE(ResolvePaths(message, space, &options).ok());
  const auto cost = *space::CostModel::Make(space);
  double sum = options.architecture.cost_fixed;
  for (const auto& row : options.architecture.cost) sum += row[3];
  EXPECT_EQ(sum, static_cast<double>(cost.Macs({3, 3, 3, 3, 3, 3})));
  message.mutable_architecture()->set_cost_reference(0);
  EXPECT_EQ(ResolveTrain(message).status().details().field, "architecture.cost_reference");
}

TEST(OptionsTest, KnownButMissingIsUnimplemented) {
  v1::TrainOptions message;
  message.set_average_snapshots(3);
  EXPECT_EQ(ResolveTrain(message).status().code(), Code::kUnimplemented);
}

TEST(OptionsTest, DatasetOptionsSurviveTheRoundTrip) {
  v1::DatasetOptions message;
  message.set_source("cifar10-bin:data");
  message.set_validation_fraction(0.25);
  message.set_seed(9);
  message.set_limit_train(100);
  message.set_limit_test(50);
  message.add_mean(0.1);
  message.add_deviation(0.2);
  message.set_random_labels(10);
  v1::DatasetOptions again;
  DatasetOptionsToMessage(*ResolveDataset(message), &again);
  EXPECT_EQ(again.SerializeAsString(), message.SerializeAsString());
}

}  // namespace
}  // namespace nasshrink::run
