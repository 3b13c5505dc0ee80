// The C ABI over the torch back end: the caller's own loop, from arrays to an extracted child.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "capi/fixture.h"
#include "nasshrink/v1/architecture.pb.h"
#include "nasshrink/v1/estimate.pb.h"
#include "nasshrink/v1/score.pb.h"
#include "nasshrink/v1/space.pb.h"

namespace nasshrink::tests {
namespace {

constexpr int64_t kImages = 24;
constexpr int64_t kSide = 8;
constexpr int64_t kClasses = 3;

Context TorchContext(uint64_t memory_limit = 0) {
  v1::ContextOptions options;
  const char* build = std::getenv("NASSHRINK_BUILD");
  if (build != nullptr) options.set_backend_folder(std::string(build) + "/src/nn");
  options.set_workers(2);
  options.set_intra_op_threads(1);
  options.set_memory_limit(memory_limit);
  const std::string bytes = options.SerializeAsString();
  return Make<Context>(nasshrink_context_create, Data(bytes), bytes.size(), nullptr);
}

Space SmallSpace(nasshrink_context* context) {
  v1::PresetOptions options;
  options.set_classes(kClasses);
  options.set_input_channels(1);
  options.set_input_height(kSide);
  options.set_input_width(kSide);
  options.set_channels(4);
  options.set_cells(1);
  const std::string bytes = options.SerializeAsString();
  return Make<Space>(nasshrink_space_preset, context, "nas-bench-201", Data(bytes), bytes.size());
}

class TorchTest : public testing::Test {
 protected:
  TorchTest()
      : context_(TorchContext()),
        space_(SmallSpace(context_.get())),
        supernet_(Make<Supernet>(nasshrink_supernet_create, space_.get(), nullptr, size_t{0})),
        pixels_(kImages * kSide * kSide),
        labels_(kImages) {
    for (int64_t i = 0; i < kImages; ++i) {
      labels_[i] = i % kClasses;
      for (int64_t p = 0; p < kSide * kSide; ++p) {
        pixels_[i * kSide * kSide + p] = (p % kClasses == labels_[i] ? 1.0F : 0.0F) + 0.01F * static_cast<float>(i);
      }
    }
    images_ = Wrap(pixels_.data(), NASSHRINK_DTYPE_FLOAT32, {kImages, 1, kSide, kSide});
    targets_ = Wrap(labels_.data(), NASSHRINK_DTYPE_INT64, {kImages});
  }

  static void TearDownTestSuite() { EXPECT_EQ(nasshrink_live_objects(), 0); }

  Tensor Wrap(const void* data, int32_t dtype, const std::vector<int64_t>& shape) {
    nasshrink_tensor_view view = {};
    view.struct_size = sizeof(view);
    view.data = data;
    view.dtype = dtype;
    view.ndim = static_cast<int32_t>(shape.size());
    view.shape = shape.data();
    return Make<Tensor>(nasshrink_tensor_wrap, context_.get(), &view);
  }

  Trainer NewTrainer() {
    v1::TrainerOptions options;
    options.mutable_train()->mutable_optimizer()->set_learning_rate(0.05);
    options.set_seed(3);
    options.set_total_steps(20);
    const std::string bytes = options.SerializeAsString();
    return Make<Trainer>(nasshrink_trainer_create, supernet_.get(), Data(bytes), bytes.size());
  }

  nasshrink_status Step(nasshrink_trainer* trainer, const nasshrink_tensor* images, const nasshrink_tensor* targets) {
    nasshrink_buffer* out = nullptr;
    const Outcome outcome = Try(nasshrink_trainer_step, trainer, images, targets, &out);
    EXPECT_EQ(out != nullptr, outcome.status == NASSHRINK_OK);
    nasshrink_buffer_free(out);
    return outcome.status;
  }

  // Changes with any weight.
  std::string TableBytes() {
    const Table table = Make<Table>(nasshrink_supernet_table, supernet_.get(), nullptr, size_t{0});
    return BytesOf(Make<Buffer>(nasshrink_table_serialize, table.get()).get());
  }

  Dataset NewDataset() {
    v1::DatasetOptions options;
    options.set_validation_fraction(0.5);
    const std::string bytes = options.SerializeAsString();
    return Make<Dataset>(nasshrink_dataset_from_tensors, context_.get(), images_.get(), targets_.get(), Data(bytes),
                         bytes.size());
  }

  Context context_;
  Space space_;
  Supernet supernet_;
  std::vector<float> pixels_;
  std::vector<int64_t> labels_;
  Tensor images_;
  Tensor targets_;
};

TEST_F(TorchTest, ACallersLoopTrainsScoresShrinksAndInherits) {
  const Trainer trainer = NewTrainer();
  for (int step = 0; step < 6; ++step) {
    const auto report = Ask<v1::StepReport>(nasshrink_trainer_step, trainer.get(), images_.get(), targets_.get());
    EXPECT_TRUE(std::isfinite(report.loss()));
    EXPECT_EQ(report.architectures().candidates_size(), 6);
  }
  const auto scores = Ask<v1::OperatorScores>(nasshrink_supernet_score_operators, supernet_.get(), nullptr, nullptr,
                                              size_t{0}, nullptr);
  ASSERT_EQ(scores.scores_size(), 30);
  double best = 0;
  for (const v1::OperatorScore& score : scores.scores()) best = std::max(best, score.score());
  EXPECT_GT(best, 0);

  v1::ShrinkInput input;
  *input.mutable_scores() = scores;
  v1::ShrinkRule rule;
  rule.mutable_abs()->set_drop(8);
  const std::string from = input.SerializeAsString();
  const std::string how = rule.SerializeAsString();
  nasshrink_space* smaller = nullptr;
  ASSERT_EQ(Try(nasshrink_space_shrink, space_.get(), Data(from), from.size(), Data(how), how.size(), &smaller, nullptr)
                .status,
            NASSHRINK_OK);
  const Space shrunk(smaller);
  const Supernet heir = Make<Supernet>(nasshrink_supernet_inherit, supernet_.get(), shrunk.get(), nullptr, size_t{0});
  EXPECT_LT(Ask<v1::SupernetSummary>(nasshrink_supernet_describe, heir.get()).parameters(),
            Ask<v1::SupernetSummary>(nasshrink_supernet_describe, supernet_.get()).parameters());
}

TEST_F(TorchTest, ABadBatchIsRefusedAndLeavesEverythingAsItWas) {
  // Every path leads from the image to the loss.
  v1::SpaceEdits edits;
  edits.add_pin()->set_choice(3);
  edits.mutable_pin(0)->set_candidate(3);
  const std::string pinned = edits.SerializeAsString();
  const Space connected = Make<Space>(nasshrink_space_restrict, space_.get(), Data(pinned), pinned.size());
  supernet_ = Make<Supernet>(nasshrink_supernet_create, connected.get(), nullptr, size_t{0});
  const Trainer trainer = NewTrainer();
  ASSERT_EQ(Step(trainer.get(), images_.get(), targets_.get()), NASSHRINK_OK);
  const std::string optimiser = BytesOf(Make<Buffer>(nasshrink_trainer_snapshot, trainer.get()).get());
  const std::string weights = TableBytes();

  const std::vector<int64_t> foreign(kImages, kClasses);
  const Tensor foreign_labels = Wrap(foreign.data(), NASSHRINK_DTYPE_INT64, {kImages});
  EXPECT_EQ(Step(trainer.get(), images_.get(), foreign_labels.get()), NASSHRINK_INVALID_ARGUMENT);
  std::vector<float> broken = pixels_;
  broken[17] = std::numeric_limits<float>::infinity();
  const Tensor infinite = Wrap(broken.data(), NASSHRINK_DTYPE_FLOAT32, {kImages, 1, kSide, kSide});
  EXPECT_EQ(Step(trainer.get(), infinite.get(), targets_.get()), NASSHRINK_OUT_OF_RANGE);
  const Tensor flat = Wrap(pixels_.data(), NASSHRINK_DTYPE_FLOAT32, {kImages, kSide * kSide});
  EXPECT_EQ(Step(trainer.get(), flat.get(), targets_.get()), NASSHRINK_INVALID_ARGUMENT);
  EXPECT_EQ(Step(trainer.get(), targets_.get(), targets_.get()), NASSHRINK_INVALID_ARGUMENT);
  EXPECT_EQ(Step(trainer.get(), images_.get(), images_.get()), NASSHRINK_INVALID_ARGUMENT);

  EXPECT_TRUE(BytesOf(Make<Buffer>(nasshrink_trainer_snapshot, trainer.get()).get()) == optimiser);
  EXPECT_TRUE(TableBytes() == weights);
}

TEST_F(TorchTest, EvaluationNeedsImagesAndNeverChangesTheSupernet) {
  const Dataset dataset = NewDataset();
  const auto summary = Ask<v1::DatasetSummary>(nasshrink_dataset_describe, dataset.get());
  EXPECT_EQ(summary.classes(), kClasses);
  EXPECT_EQ(summary.train_images() + summary.validation_images() + summary.test_images(), kImages);

  v1::SampleOptions sample;
  sample.set_count(3);
  const std::string wanted = sample.SerializeAsString();
  const std::string children =
      BytesOf(Make<Buffer>(nasshrink_space_sample, space_.get(), Data(wanted), wanted.size()).get());
  nasshrink_buffer* out = nullptr;
  EXPECT_EQ(Try(nasshrink_supernet_evaluate, supernet_.get(), Data(children), children.size(), nullptr, nullptr,
                size_t{0}, nullptr, &out)
                .status,
            NASSHRINK_INVALID_ARGUMENT);
  const auto evaluate = [&] {
    return BytesOf(Make<Buffer>(nasshrink_supernet_evaluate, supernet_.get(), Data(children), children.size(),
                                dataset.get(), nullptr, size_t{0}, nullptr)
                       .get());
  };
  const std::string first = evaluate();
  EXPECT_TRUE(evaluate() == first);
  v1::EvaluateReport report;
  ASSERT_TRUE(report.ParseFromString(first));
  EXPECT_EQ(report.metrics(0).name(), "accuracy");
  EXPECT_EQ(report.metrics(0).values_size(), 3);

  const Cancel cancel = Make<Cancel>(nasshrink_cancel_create);
  nasshrink_cancel_trigger(cancel.get());
  EXPECT_EQ(Try(nasshrink_supernet_evaluate, supernet_.get(), Data(children), children.size(), dataset.get(), nullptr,
                size_t{0}, cancel.get(), &out)
                .status,
            NASSHRINK_CANCELLED);
}

TEST_F(TorchTest, ASavedSupernetContinuesAsIfNothingHadHappened) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/net.safetensors";
  Trainer trainer = NewTrainer();
  ASSERT_EQ(Step(trainer.get(), images_.get(), targets_.get()), NASSHRINK_OK);
  ASSERT_EQ(Try(nasshrink_supernet_save, supernet_.get(), path.c_str()).status, NASSHRINK_OK);
  const std::string snapshot = BytesOf(Make<Buffer>(nasshrink_trainer_snapshot, trainer.get()).get());
  const auto straight =
      BytesOf(Make<Buffer>(nasshrink_trainer_step, trainer.get(), images_.get(), targets_.get()).get());
  trainer.reset();

  supernet_ = Make<Supernet>(nasshrink_supernet_load, context_.get(), path.c_str());
  trainer = NewTrainer();
  ASSERT_EQ(Try(nasshrink_trainer_restore, trainer.get(), Data(snapshot), snapshot.size()).status, NASSHRINK_OK);
  EXPECT_EQ(BytesOf(Make<Buffer>(nasshrink_trainer_step, trainer.get(), images_.get(), targets_.get()).get()),
            straight);
  EXPECT_EQ(Try(nasshrink_trainer_restore, trainer.get(), Data(snapshot), snapshot.size() / 2).status,
            NASSHRINK_DATA_LOSS);
}

std::vector<float> ValuesOf(const nasshrink_tensor* tensor, std::vector<int64_t>* shape) {
  nasshrink_tensor_view view = {};
  view.struct_size = sizeof(view);
  EXPECT_EQ(Try(nasshrink_tensor_view_of, tensor, &view).status, NASSHRINK_OK);
  shape->assign(view.shape, view.shape + view.ndim);
  size_t count = 1;
  for (const int64_t size : *shape) count *= static_cast<size_t>(size);
  const auto* values = static_cast<const float*>(view.data);
  return {values, values + count};
}

// A squared error on the logits, which the library has not, and the caller's own descent.
TEST_F(TorchTest, TheCallersLossAndOptimiserTrainInThreeParts) {
  v1::TrainerOptions options;
  options.mutable_train()->mutable_optimizer()->set_name("none");
  options.set_seed(3);
  const std::string bytes = options.SerializeAsString();
  const Trainer trainer = Make<Trainer>(nasshrink_trainer_create, supernet_.get(), Data(bytes), bytes.size());
  const auto summary = Ask<v1::SupernetSummary>(nasshrink_supernet_describe, supernet_.get());
  std::vector<double> losses;
  for (int step = 0; step < 40; ++step) {
    const Tensor logits = Make<Tensor>(nasshrink_trainer_forward, trainer.get(), images_.get());
    std::vector<int64_t> shape;
    std::vector<float> gradient = ValuesOf(logits.get(), &shape);
    ASSERT_EQ(shape, (std::vector<int64_t>{kImages, kClasses}));
    double loss = 0;
    for (size_t i = 0; i < gradient.size(); ++i) {
      const float wanted = static_cast<int64_t>(i) % kClasses == labels_[i / kClasses] ? 1.0F : 0.0F;
      gradient[i] -= wanted;
      loss += 0.5 * gradient[i] * gradient[i] / kImages;
      gradient[i] /= kImages;
    }
    losses.push_back(loss);
    EXPECT_EQ(Try(nasshrink_trainer_backward, trainer.get(), images_.get()).status, NASSHRINK_INVALID_ARGUMENT);
    const Tensor in = Wrap(gradient.data(), NASSHRINK_DTYPE_FLOAT32, shape);
    ASSERT_EQ(Try(nasshrink_trainer_backward, trainer.get(), in.get()).status, NASSHRINK_OK);
    for (const v1::TensorSummary& tensor : summary.tensors()) {
      if (tensor.name().find("running_") != std::string::npos) continue;
      std::vector<float> weight =
          ValuesOf(Make<Tensor>(nasshrink_supernet_tensor, supernet_.get(), tensor.name().c_str()).get(), &shape);
      const std::vector<float> slope =
          ValuesOf(Make<Tensor>(nasshrink_trainer_gradient, trainer.get(), tensor.name().c_str()).get(), &shape);
      ASSERT_EQ(weight.size(), slope.size());
      for (size_t i = 0; i < weight.size(); ++i) weight[i] -= 0.05F * slope[i];
      const Tensor moved = Wrap(weight.data(), NASSHRINK_DTYPE_FLOAT32, shape);
      ASSERT_EQ(Try(nasshrink_supernet_set_tensor, supernet_.get(), tensor.name().c_str(), moved.get()).status,
                NASSHRINK_OK);
    }
    EXPECT_EQ(Ask<v1::StepReport>(nasshrink_trainer_apply, trainer.get()).step(), static_cast<uint64_t>(step));
  }
  EXPECT_LT(losses.back(), 0.8 * losses.front());
}

TEST_F(TorchTest, ArchitectureParametersAreLearnedAndAChildDerived) {
  EXPECT_EQ(Try(nasshrink_trainer_arch_step, NewTrainer().get(), images_.get(), targets_.get(),
                static_cast<nasshrink_buffer**>(nullptr))
                .status,
            NASSHRINK_INVALID_ARGUMENT);
  v1::TrainerOptions options;
  options.mutable_train()->set_strategy("darts");
  options.mutable_train()->mutable_optimizer()->set_learning_rate(0.05);
  options.mutable_train()->mutable_architecture()->mutable_optimizer()->set_learning_rate(0.1);
  const std::string bytes = options.SerializeAsString();
  const Trainer trainer = Make<Trainer>(nasshrink_trainer_create, supernet_.get(), Data(bytes), bytes.size());
  for (int step = 0; step < 5; ++step) {
    const auto moved = Ask<v1::StepReport>(nasshrink_trainer_arch_step, trainer.get(), images_.get(), targets_.get());
    EXPECT_EQ(moved.step(), static_cast<uint64_t>(step));
    EXPECT_GT(moved.gradient_norm(), 0);
    ASSERT_EQ(Step(trainer.get(), images_.get(), targets_.get()), NASSHRINK_OK);
  }
  const auto parameters = Ask<v1::ArchitectureParameters>(nasshrink_supernet_architecture, supernet_.get());
  ASSERT_EQ(parameters.choices_size(), 6);
  const std::string learned = parameters.SerializeAsString();
  const Arch arch = Make<Arch>(nasshrink_arch_derive, space_.get(), Data(learned), learned.size(), nullptr, size_t{0});
  const auto child = Ask<v1::Architecture>(nasshrink_arch_serialize, arch.get());
  for (int i = 0; i < 6; ++i) {
    const auto& p = parameters.choices(i).probability();
    EXPECT_EQ(p[static_cast<int>(child.candidates(i))], *std::max_element(p.begin(), p.end()));
  }
  v1::ScoreOptions magnitude;
  magnitude.set_metric("magnitude");
  const std::string scored = magnitude.SerializeAsString();
  const auto scores = Ask<v1::OperatorScores>(nasshrink_supernet_score_operators, supernet_.get(), nullptr,
                                              Data(scored), scored.size(), nullptr);
  ASSERT_EQ(scores.scores_size(), 30);
  EXPECT_EQ(scores.scores(7).score(), parameters.choices(1).probability(2));
}

// Train a mixture, drop the weakest operators of every edge, go deeper; then retrain what is left, keeping the best
// epoch.
TEST_F(TorchTest, ARunInTheMannerOfPDartsShrinksAndDeepens) {
  v1::RunPlan plan;
  plan.set_schema_version(1);
  plan.set_seed(4);
  plan.mutable_space()->ParseFromString(BytesOf(Make<Buffer>(nasshrink_space_serialize, space_.get()).get()));
  const auto add_training = [&] {
    v1::TrainOptions* options = plan.add_stages()->mutable_train()->mutable_options();
    options->set_epochs(1);
    options->set_batch_size(6);
    options->set_strategy("darts");
    options->mutable_architecture()->set_frozen_epochs(0);
  };
  add_training();
  plan.add_stages()->mutable_score()->mutable_options()->set_metric("magnitude");
  plan.add_stages()->mutable_shrink()->mutable_rule()->mutable_per_choice()->set_drop(4);
  plan.add_stages()->mutable_deepen()->set_cells(2);
  add_training();
  v1::RetrainStage* retrain = plan.add_stages()->mutable_retrain();
  retrain->mutable_options()->set_epochs(2);
  retrain->mutable_options()->set_batch_size(6);
  retrain->set_keep_best(true);
  retrain->set_weights("supernet");
  const std::string bytes = plan.SerializeAsString();
  v1::DatasetOptions data;
  data.set_source("synthetic:3:1x8x8:48");
  data.set_validation_fraction(0.5);
  const std::string images = data.SerializeAsString();
  const Dataset dataset = Make<Dataset>(nasshrink_dataset_open, context_.get(), Data(images), images.size());
  const RunHandle run = Make<RunHandle>(nasshrink_run_start, context_.get(), Data(bytes), bytes.size(), nullptr,
                                        dataset.get(), nullptr, nullptr, nullptr);
  const Outcome outcome = Try(nasshrink_run_wait, run.get(), int64_t{-1});
  ASSERT_EQ(outcome.status, NASSHRINK_OK) << outcome.message;
  const auto result = Ask<v1::RunResult>(nasshrink_run_result, run.get());
  EXPECT_EQ(result.children(), "1");
  EXPECT_EQ(result.space().network().layers_size(), plan.space().network().layers_size() + 3);
  ASSERT_EQ(result.retrained_size(), 1);
  EXPECT_EQ(result.retrained(0).metrics_size(), 2);
}

TEST_F(TorchTest, APlanIsEstimatedAndOneAboveTheMemoryLimitIsRefused) {
  v1::RunPlan plan;
  plan.set_schema_version(1);
  *plan.mutable_space() = Ask<v1::SearchSpace>(nasshrink_space_serialize, space_.get());
  plan.add_stages()->mutable_train()->mutable_options()->set_epochs(3);
  const std::string bytes = plan.SerializeAsString();
  v1::DatasetOptions data;
  data.set_source("synthetic:3:1x8x8:480");
  const std::string images = data.SerializeAsString();
  const Dataset dataset = Make<Dataset>(nasshrink_dataset_open, context_.get(), Data(images), images.size());
  const auto estimate =
      Ask<v1::PlanEstimate>(nasshrink_plan_estimate, context_.get(), Data(bytes), bytes.size(), dataset.get(), nullptr);
  ASSERT_EQ(estimate.stages_size(), 1);
  EXPECT_GT(estimate.memory_bytes(), 0U);
  EXPECT_GT(estimate.seconds(), 0);

  const Context context = TorchContext(estimate.memory_bytes() / 2);
  const Dataset again = Make<Dataset>(nasshrink_dataset_open, context.get(), Data(images), images.size());
  nasshrink_run* run = nullptr;
  const Outcome outcome = Try(nasshrink_run_start, context.get(), Data(bytes), bytes.size(), nullptr, again.get(),
                              nullptr, nullptr, nullptr, &run);
  EXPECT_EQ(outcome.status, NASSHRINK_RESOURCE_EXHAUSTED) << outcome.message;
  EXPECT_EQ(outcome.details.field(), "memory_limit");
  EXPECT_NE(outcome.message.find(std::to_string(estimate.memory_bytes() / 2)), std::string::npos) << outcome.message;
}

TEST_F(TorchTest, AChildIsExtracted) {
  const Arch arch = Make<Arch>(nasshrink_arch_import, space_.get(), "ops", "3 1 3 2 1 3", size_t{11});
  const std::string file =
      BytesOf(Make<Buffer>(nasshrink_supernet_extract, supernet_.get(), arch.get(), nullptr, size_t{0}).get());
  EXPECT_NE(file.find("nasshrink.ops"), std::string::npos);
}

TEST_F(TorchTest, TheReportNamesTheBackEndOnceItIsOpen) {
  EXPECT_EQ(Ask<v1::ContextReport>(nasshrink_context_report, context_.get()).torch_version().rfind("torch ", 0), 0U);
  EXPECT_FALSE(Ask<v1::BuildInfo>(nasshrink_build_info).torch_version().empty());
}

TEST_F(TorchTest, FilesThatAreMissingOrUnknownAreNamed) {
  for (const auto& [source, expected] : {std::pair{"fashion-mnist:/nonexistent", NASSHRINK_NOT_FOUND},
                                         {"cifar10-bin:/nonexistent", NASSHRINK_NOT_FOUND},
                                         {"telepathy", NASSHRINK_INVALID_ARGUMENT}}) {
    v1::DatasetOptions options;
    options.set_source(source);
    const std::string bytes = options.SerializeAsString();
    nasshrink_dataset* dataset = nullptr;
    const Outcome outcome = Try(nasshrink_dataset_open, context_.get(), Data(bytes), bytes.size(), &dataset);
    EXPECT_EQ(outcome.status, expected) << source << ": " << outcome.message;
  }
}

}  // namespace
}  // namespace nasshrink::tests
