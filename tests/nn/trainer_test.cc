#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <thread>

#include "base/instruction_sets.h"
#include "base/safetensors.h"
#include "nn/gradients.h"
#include "nn/sampling.h"
#include "nn/schedule.h"
#include "nn/toy_space.h"

namespace nasshrink::nn {
namespace {

struct Both {
  std::unique_ptr<run::Backend> backend = ToyBackend();
  std::unique_ptr<run::Supernet> supernet;
  std::unique_ptr<run::Trainer> trainer;

  explicit Both(const run::TrainOptions& options, const space::Space& space = ToySpace()) {
    supernet = *backend->NewSupernet(space, {});
    auto made = supernet->NewTrainer(options);
    EXPECT_TRUE(made.ok()) << made.status().message();
    trainer = *std::move(made);
  }
  run::StepOutcome Step(const ToyBatch& batch) {
    auto outcome = trainer->Step(batch.inputs_view(), batch.targets_view());
    EXPECT_TRUE(outcome.ok()) << outcome.status().message();
    return outcome.ok() ? *outcome : run::StepOutcome();
  }
  std::string Image() const { return *supernet->Serialize({}); }
};

run::TrainOptions Options() {
  run::TrainOptions options;
  options.batch_size = 8;
  options.optimizer.learning_rate = 0.05;
  options.optimizer.weight_decay = 0.01;
  options.schedule_steps = 20;
  options.seed = 3;
  return options;
}

// Names of the convolution weights of edges that differ between two images.
std::set<std::string> MovedOperators(const std::string& before_bytes, const std::string& after_bytes) {
  const auto before = base::ParseSafetensors(before_bytes);
  const auto after = base::ParseSafetensors(after_bytes);
  std::set<std::string> moved;
  for (const auto& tensor : after->tensors) {
    const bool weight = tensor.name.rfind("cells.", 0) == 0 && tensor.name.find(".edges.") != std::string::npos &&
                        tensor.name.find(".weight") != std::string::npos;
    if (weight && before->Find(tensor.name)->data != tensor.data) moved.insert(tensor.name);
  }
  return moved;
}

TEST(Trainer, LearnsABatch) {
  run::TrainOptions options = Options();
  options.schedule_steps = 0;
  options.optimizer.weight_decay = 0;
  Both both(options);
  const ToyBatch batch = MakeToyBatch(16);
  const double first = both.Step(batch).loss;
  double last = 0;
  for (int i = 0; i < 150; ++i) last = both.Step(batch).loss;
  EXPECT_LT(last, 0.6 * first);
}

TEST(Trainer, TheSameSeedGivesTheSameBytes) {
  const ToyBatch batch = MakeToyBatch(8);
  Both first(Options());
  Both second(Options());
  for (int i = 0; i < 5; ++i) {
    const auto a = first.Step(batch);
    const auto b = second.Step(batch);
    EXPECT_EQ(a.loss, b.loss);
    EXPECT_EQ(a.architectures, b.architectures);
  }
  EXPECT_EQ(first.Image(), second.Image());
}

TEST(Trainer, TheScheduleWarmsUpAndFalls) {
  run::OptimizerOptions options;
  options.learning_rate = 1;
  options.final_learning_rate = 0.1;
  EXPECT_DOUBLE_EQ(LearningRate(options, 0, 100), 1);
  EXPECT_DOUBLE_EQ(LearningRate(options, 50, 100), 0.55);
  EXPECT_DOUBLE_EQ(LearningRate(options, 1000, 100), LearningRate(options, 99, 100));
  options.schedule = run::OptimizerOptions::Schedule::kLinear;
  EXPECT_DOUBLE_EQ(LearningRate(options, 25, 100), 0.775);
  options.warmup_steps = 10;
  EXPECT_DOUBLE_EQ(LearningRate(options, 0, 100), 0.1);
  EXPECT_DOUBLE_EQ(LearningRate(options, 9, 100), 1);
  EXPECT_DOUBLE_EQ(LearningRate(options, 10, 100), 1);
  options.schedule = run::OptimizerOptions::Schedule::kConstant;
  EXPECT_DOUBLE_EQ(LearningRate(options, 99, 100), 1);
}

// CosineAnnealingLR of NAS-Bench-201's code: eta_min + (eta - eta_min) (1 + cos(pi epoch / epochs)) / 2.
TEST(Trainer, AScheduleByTheEpochHoldsItsValueForAnEpoch) {
  run::OptimizerOptions options;
  options.learning_rate = 0.025;
  options.final_learning_rate = 0.001;
  options.hold_steps = 25;
  for (uint64_t step = 0; step < 100; ++step) {
    const double epoch = static_cast<double>(step / 25);
    const double expected = 0.001 + 0.024 * (1 + std::cos(3.14159265358979323846 * epoch / 4)) / 2;
    EXPECT_NEAR(LearningRate(options, step, 100), expected, 1e-15) << step;
  }
}

TEST(Trainer, ClipsGradients) {
  Layout layout;
  layout.Add(Parameter{"w", "w", ParameterKind::kConv, {1, 2, 1, 1}});
  std::vector<float> gradients(layout.weights, 0.0F);
  gradients[0] = 3;
  gradients[1] = -4;
  const double norm = GradientNorm(layout, {0}, gradients.data());
  EXPECT_DOUBLE_EQ(norm, 5);
  run::OptimizerOptions options;
  options.clip_norm = 2.5;
  options.clip_value = 1.75;
  ClipGradients(layout, {0}, options, norm, gradients.data());
  EXPECT_NEAR(gradients[0], 1.5, 1e-5);
  EXPECT_FLOAT_EQ(gradients[1], -1.75F);
}

TEST(Trainer, FrozenUnsampledOperatorsStayWhereTheyAre) {
  Both both(Options());
  const ToyBatch batch = MakeToyBatch(8);
  for (int i = 0; i < 6; ++i) {
    const std::string before = both.Image();
    const auto outcome = both.Step(batch);
    const space::Architecture& architecture = outcome.architectures[0];
    for (const std::string& name : MovedOperators(before, both.Image())) {
      const size_t at = name.find(".edges.") + 7;
      const std::string edge = name.substr(at, 4);
      const auto candidate = static_cast<uint32_t>(name[at + 5] - '0');
      for (size_t choice = 0; choice < 6; ++choice) {
        if (both.supernet->space().choices[choice].key != edge) continue;
        EXPECT_EQ(architecture[choice], candidate) << name;
      }
    }
  }
}

TEST(Trainer, UnfrozenOperatorsOnceTouchedKeepMoving) {
  run::TrainOptions options = Options();
  options.freeze_unsampled = false;
  Both both(options);
  const ToyBatch batch = MakeToyBatch(8);
  const std::string start = both.Image();
  both.Step(batch);
  std::set<std::string> touched = MovedOperators(start, both.Image());
  for (int i = 0; i < 8; ++i) {
    const std::string before = both.Image();
    both.Step(batch);
    const std::set<std::string> moved = MovedOperators(before, both.Image());
    for (const std::string& name : touched) EXPECT_EQ(moved.count(name), 1U) << name;
    touched.insert(moved.begin(), moved.end());
  }
  EXPECT_FALSE(touched.empty());
}

TEST(Trainer, ANonFiniteLossLeavesEverythingAsItWas) {
  space::Space connected = ToySpace();
  connected.choices[3].alive = {1, 3};
  Both both(Options(), connected);
  ToyBatch batch = MakeToyBatch(8);
  both.Step(batch);
  const std::string image = both.Image();
  const std::string snapshot = *both.trainer->Snapshot();
  ToyBatch broken = batch;
  broken.images[5] = std::numeric_limits<float>::quiet_NaN();
  const auto outcome = both.trainer->Step(broken.inputs_view(), broken.targets_view());
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.status().code(), base::Code::kOutOfRange);
  EXPECT_EQ(both.Image(), image);
  EXPECT_EQ(*both.trainer->Snapshot(), snapshot);
  both.Step(batch);
}

TEST(Trainer, AnEpochWithoutAFiniteLossIsAnError) {
  space::Space connected = ToySpace();
  connected.choices[3].alive = {1, 3};
  Both both(Options(), connected);
  ToyBatch broken = MakeToyBatch(16);
  for (float& value : broken.images) value = std::numeric_limits<float>::quiet_NaN();
  run::DatasetOptions split;
  split.validation_fraction = 0;
  const auto dataset = both.backend->DatasetFromTensors(broken.inputs_view(), broken.targets_view(), split);
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  const std::string image = both.Image();
  const auto outcome = both.trainer->Epoch(**dataset, {});
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.status().code(), base::Code::kOutOfRange);
  EXPECT_EQ(both.Image(), image);
}

TEST(Trainer, BatchesThatDoNotFitAreRefused) {
  Both both(Options());
  ToyBatch batch = MakeToyBatch(4);
  batch.targets[2] = 3;
  const auto label = both.trainer->Step(batch.inputs_view(), batch.targets_view());
  ASSERT_FALSE(label.ok());
  EXPECT_EQ(label.status().code(), base::Code::kInvalidArgument);
  EXPECT_NE(label.status().message().find("targets[2]"), std::string::npos) << label.status().message();

  ToySize wide;
  wide.side = 16;
  const ToyBatch other = MakeToyBatch(4, wide);
  EXPECT_EQ(both.trainer->Step(other.inputs_view(), other.targets_view()).status().code(),
            base::Code::kInvalidArgument);
  run::TensorView few = batch.targets_view();
  few.shape = {3};
  EXPECT_EQ(both.trainer->Step(batch.inputs_view(), few).status().code(), base::Code::kInvalidArgument);
}

TEST(Trainer, OptionsOutOfRangeAreRefused) {
  const auto backend = ToyBackend();
  const auto supernet = backend->NewSupernet(ToySpace(), {});
  run::TrainOptions options;
  options.optimizer.learning_rate = std::numeric_limits<double>::quiet_NaN();
  const auto rate = (*supernet)->NewTrainer(options);
  ASSERT_FALSE(rate.ok());
  EXPECT_NE(rate.status().message().find("learning_rate"), std::string::npos);
  options = {};
  options.batch_size = 0;
  EXPECT_EQ((*supernet)->NewTrainer(options).status().code(), base::Code::kInvalidArgument);
}

// Rounding to bfloat16 keeps eight bits: the first step's gradient is near that of float32, and so is the loss.
TEST(Trainer, BFloat16IsNearFloat32OrRefused) {
  ToySize size;
  size.channels = 32;
  run::TrainOptions options = Options();
  const ToyBatch batch = MakeToyBatch(8);
  Both whole(options, ToySpace(size));
  options.halved = true;
  if (!base::HasBFloat16()) {
    const auto refused = whole.supernet->NewTrainer(options);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.status().code(), base::Code::kFailedPrecondition);
    EXPECT_EQ(refused.status().details().field, "precision");
    return;
  }
  Both halved(options, ToySpace(size));
  const run::StepOutcome expected = whole.Step(batch);
  const run::StepOutcome found = halved.Step(batch);
  EXPECT_EQ(found.architectures, expected.architectures);
  EXPECT_NE(found.gradient_norm, expected.gradient_norm);
  EXPECT_NEAR(found.loss, expected.loss, 0.02 * expected.loss);
  EXPECT_NEAR(found.gradient_norm, expected.gradient_norm, 0.05 * expected.gradient_norm);
}

std::vector<run::TrainOptions> VariedOptions() {
  std::vector<run::TrainOptions> all(8, Options());
  all[1].freeze_unsampled = false;
  all[1].weight_average_decay = 0.9;
  all[2].strategy = run::TrainOptions::Strategy::kFair;
  all[3].optimizer.kind = run::OptimizerOptions::Kind::kAdam;
  all[3].optimizer.learning_rate = 0.001;
  all[4].per_cell_rejecting = true;
  all[5].micro_batch_size = 3;
  all[6].drop_path = 0.6;
  all[7].strategy = run::TrainOptions::Strategy::kDarts;
  all[7].architecture.skip_dropout = 0.6;
  all[7].architecture.epochs = 4;
  return all;
}

TEST(Trainer, ContinuesBitForBitFromASnapshot) {
  for (const run::TrainOptions& options : VariedOptions()) {
    const ToyBatch batch = MakeToyBatch(8);
    Both whole(options);
    for (int i = 0; i < 3; ++i) whole.Step(batch);
    const std::string image = whole.Image();
    const std::string snapshot = *whole.trainer->Snapshot();
    for (int i = 0; i < 3; ++i) whole.Step(batch);

    const auto backend = ToyBackend();
    auto loaded = backend->LoadSupernet(ToySpace(), image);
    ASSERT_TRUE(loaded.ok()) << loaded.status().message();
    auto trainer = (*loaded)->NewTrainer(options);
    const base::Status restored = (*trainer)->Restore(snapshot);
    ASSERT_TRUE(restored.ok()) << restored.message();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE((*trainer)->Step(batch.inputs_view(), batch.targets_view()).ok());
    EXPECT_EQ(*(*loaded)->Serialize({}), whole.Image());
    EXPECT_EQ(*(*trainer)->Snapshot(), *whole.trainer->Snapshot());
  }
}

TEST(Trainer, ForeignSnapshotsAreDataLoss) {
  Both both(Options());
  EXPECT_EQ(both.trainer->Restore("no snapshot").code(), base::Code::kDataLoss);
  EXPECT_EQ(both.trainer->Restore(both.Image()).code(), base::Code::kDataLoss);
}

TEST(Trainer, ACallersGradientAndInferenceModeDoNotMatter) {
  const ToyBatch batch = MakeToyBatch(8);
  Both plain(Options());
  Both guarded(Options());
  plain.Step(batch);
  plain.Step(batch);
  std::thread([&] {
    const c10::AutoGradMode no_gradients(false);
    guarded.Step(batch);
  }).join();
  std::thread([&] {
    const c10::InferenceMode inference;
    guarded.Step(batch);
  }).join();
  EXPECT_EQ(plain.Image(), guarded.Image());
}

// Threads of this process, from its own status file.
int ProcessThreads() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("Threads:", 0) == 0) return std::stoi(line.substr(8));
  }
  return 0;
}

TEST(Trainer, AnotherBackendsThreadCountDoesNotMatter) {
  const ToySize size = {16, 1, 3, 32, 10};
  const auto single = ToyBackend(1);
  const auto several = ToyBackend(3);
  const auto first = *single->NewSupernet(ToySpace(size), {});
  const auto second = *several->NewSupernet(ToySpace(size), {});
  const auto trainer = *first->NewTrainer(Options());
  const auto other = *second->NewTrainer(Options());
  const int before = ProcessThreads();
  const ToyBatch batch = MakeToyBatch(32, size);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(trainer->Step(batch.inputs_view(), batch.targets_view()).ok());
  EXPECT_EQ(ProcessThreads(), before);
}

TEST(Trainer, OutlivesItsSupernetAndBackend) {
  Both both(Options());
  both.supernet.reset();
  both.backend.reset();
  both.Step(MakeToyBatch(8));
}

TEST(Trainer, TheAverageOfWeightsIsWhatIsExtracted) {
  run::TrainOptions options = Options();
  options.weight_average_decay = 0.99;
  Both both(options);
  const space::Architecture architecture = {3, 3, 3, 3, 3, 3};
  const std::string first = *both.supernet->Extract(architecture, {});
  const ToyBatch batch = MakeToyBatch(8);
  for (int i = 0; i < 4; ++i) both.Step(batch);
  const std::string all = both.Image();
  const auto image = base::ParseSafetensors(all);
  const std::string child = *both.supernet->Extract(architecture, {});
  const auto extracted = base::ParseSafetensors(child);
  EXPECT_NE(image->Find("classifier.weight")->data, extracted->Find("classifier.weight")->data);
}

TEST(Sampling, SharedDrawsAreUniformOverTheAlive) {
  space::Space space = ToySpace();
  space.choices[1].alive = {0, 3};
  std::map<uint32_t, int> first;
  std::map<uint32_t, int> second;
  constexpr int kDraws = 5000;
  for (uint64_t step = 0; step < kDraws; ++step) {
    const space::Architecture architecture = SampleShared(space, 1, step);
    ++first[architecture[0]];
    ++second[architecture[1]];
  }
  ASSERT_EQ(first.size(), 5U);
  for (const auto& [candidate, count] : first) EXPECT_NEAR(count, kDraws / 5, 150) << candidate;
  ASSERT_EQ(second.size(), 2U);
  EXPECT_NEAR(second[3], kDraws / 2, 200);
}

TEST(Sampling, PerCellDrawsDifferAndGiveEveryNodeAnInput) {
  const auto plan = PlanNetwork(ToySpace({4, 3, 2, 8, 3}), false);
  ASSERT_TRUE(plan.ok());
  std::set<space::Architecture> seen;
  for (uint64_t step = 0; step < 200; ++step) {
    const auto cells = SamplePerCell(*plan, 1, step);
    ASSERT_EQ(cells.size(), 9U);
    for (const auto& cell : cells) {
      seen.insert(cell);
      EXPECT_NE(cell[0], 0U);
      EXPECT_TRUE(cell[1] != 0 || cell[2] != 0);
      EXPECT_TRUE(cell[3] != 0 || cell[4] != 0 || cell[5] != 0);
    }
  }
  EXPECT_GT(seen.size(), 1500U);
}

TEST(Sampling, PerCellTrainingReportsOneArchitectureACell) {
  run::TrainOptions options = Options();
  options.per_cell_rejecting = true;
  Both both(options);
  EXPECT_EQ(both.Step(MakeToyBatch(8)).architectures.size(), 3U);
}

}  // namespace
}  // namespace nasshrink::nn
