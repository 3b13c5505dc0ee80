// Estimates of plans on a back end whose memory is a known function of the batch.
#include "run/plan_estimate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "run/engine.h"
#include "run/synthetic_run.h"
#include "space/codec.h"

namespace nasshrink::run {
namespace {

using base::Code;
using base::Result;
using base::Status;

constexpr uint64_t kWeights = 1000;
constexpr uint64_t kTrained = 300;    // bytes an image of a training batch
constexpr uint64_t kEvaluated = 100;  // of a batch that is evaluated
constexpr uint64_t kTrainImages = 640;

struct Seen {
  uint32_t largest_batch = 0;
  uint32_t supernets = 0;
  double highest_rate = 0;
};

class KnownDataset : public Dataset {
 public:
  KnownDataset() {
    info_.train_images = kTrainImages;
    info_.validation_images = 128;
    info_.test_images = 256;
  }
  const DatasetInfo& info() const override { return info_; }

 private:
  DatasetInfo info_;
};

class KnownTrainer : public Trainer {
 public:
  KnownTrainer(const TrainOptions& options, uint64_t* peak, Seen* seen) : options_(options) {
    seen->largest_batch = std::max(seen->largest_batch, options.batch_size);
    seen->highest_rate = std::max(seen->highest_rate, options.optimizer.learning_rate);
    *peak = std::max(*peak, kWeights + kTrained * options.batch_size);
  }
  Result<EpochOutcome> Epoch(Dataset&, const EpochRequest& request) override {
    EpochOutcome outcome;
    const uint64_t steps = std::min(options_.images, kTrainImages) / options_.batch_size;
    for (; outcome.steps < steps && !base::Triggered(request.cancel); ++outcome.steps) {
      outcome.images += options_.batch_size;
      if (request.progress) request.progress(outcome.steps + 1, steps);
    }
    outcome.complete = true;
    return outcome;
  }
  uint64_t StepsPerEpoch(const Dataset&) const override { return 1; }
  Result<StepOutcome> Step(const TensorView&, const TensorView&) override { return None(); }
  Result<ForwardOutcome> Forward(const TensorView&) override { return None(); }
  Status Backward(const TensorView&) override { return None(); }
  Result<StepOutcome> Apply() override { return None(); }
  Result<NamedTensor> Gradient(std::string_view) const override { return None(); }
  Result<std::string> Snapshot() const override { return None(); }
  Status Restore(std::string_view) override { return None(); }
  Result<StepOutcome> ArchitectureStep(const TensorView&, const TensorView&) override { return None(); }
  Status Adopt(std::string_view) override { return None(); }

 private:
  static Status None() { return base::Error(Code::kUnimplemented, "not part of this test"); }
  TrainOptions options_;
};

class KnownSupernet : public Supernet {
 public:
  KnownSupernet(space::Space space, Seen* seen) : space_(std::move(space)), seen_(seen) { ++seen->supernets; }
  const space::Space& space() const override { return space_; }
  Result<std::vector<Evaluation>> Evaluate(const std::vector<space::Architecture>& children, Dataset*,
                                           const EvaluateOptions& options, const base::Cancel* cancel,
                                           const StepProgress&) override {
    if (base::Triggered(cancel)) return base::Error(Code::kCancelled, "cancelled");
    seen_->largest_batch = std::max(seen_->largest_batch, options.batch_size);
    peak_ = std::max(peak_, kWeights + kEvaluated * options.batch_size);
    return std::vector<Evaluation>(children.size());
  }
  Result<std::unique_ptr<Trainer>> NewTrainer(const TrainOptions& options) override {
    return std::unique_ptr<Trainer>(std::make_unique<KnownTrainer>(options, &peak_, seen_));
  }
  uint64_t PeakMemory() const override { return peak_; }
  SupernetInfo Describe() const override { return {}; }
  Result<NamedTensor> Tensor(std::string_view) const override { return None(); }
  Status SetTensor(std::string_view, const TensorView&) override { return None(); }
  Result<score::FactorTable> Table(const score::AngleOptions&) const override { return None(); }
  Status ResetBase() override { return None(); }
  Result<std::string> Serialize(const std::map<std::string, std::string>&) const override { return None(); }
  Result<std::unique_ptr<Supernet>> Inherit(const space::Space&, const InheritOptions&) const override {
    return None();
  }
  Result<ArchitectureParameters> Architecture() const override { return None(); }
  Result<std::string> Extract(const space::Architecture&, const std::map<std::string, std::string>&) const override {
    return None();
  }

 private:
  static Status None() { return base::Error(Code::kUnimplemented, "not part of this test"); }
  space::Space space_;
  Seen* const seen_;
  uint64_t peak_ = kWeights;
};

class KnownBackend : public Backend {
 public:
  std::string Describe() const override { return "known"; }
  uint32_t intra_op_threads() const override { return 1; }
  Result<std::unique_ptr<Supernet>> NewSupernet(const space::Space& space, const SupernetOptions&) override {
    return std::unique_ptr<Supernet>(std::make_unique<KnownSupernet>(space, &seen));
  }
  Result<std::shared_ptr<Dataset>> OpenDataset(const DatasetOptions&) override { return None(); }
  Result<std::shared_ptr<Dataset>> DatasetFromTensors(const TensorView&, const TensorView&,
                                                      const DatasetOptions&) override {
    return None();
  }
  Result<std::unique_ptr<Supernet>> LoadSupernet(const space::Space&, std::string_view) override { return None(); }
  Result<InferenceTimes> TimeInference(const space::Space&, const TimingOptions&, const base::Cancel*) override {
    return None();
  }

  Seen seen;

 private:
  static Status None() { return base::Error(Code::kUnimplemented, "not part of this test"); }
};

class PlanEstimateTest : public testing::Test {
 protected:
  PlanEstimateTest() : space_(tests::SmallSpace()), plan_(tests::SmallPlan(1)) {
    space::SpaceToMessage(space_, plan_.mutable_space());
    plan_.clear_stages();
  }

  v1::TrainOptions* AddTraining(v1::Stage* stage, uint32_t batch) {
    v1::TrainOptions* options = stage->mutable_train()->mutable_options();
    options->set_epochs(2);
    options->set_batch_size(batch);
    return options;
  }

  Result<v1::PlanEstimate> Estimate(uint64_t memory_limit = 0) {
    EstimateRequest request;
    request.plan = &plan_;
    request.space = &space_;
    request.backend = &backend_;
    request.dataset = std::make_shared<KnownDataset>();
    request.memory_limit = memory_limit;
    request.cancel = cancel_;
    return EstimatePlan(request);
  }

  space::Space space_;
  v1::RunPlan plan_;
  KnownBackend backend_;
  std::shared_ptr<base::Cancel> cancel_ = std::make_shared<base::Cancel>();
};

TEST_F(PlanEstimateTest, MemoryIsThatOfTheLargestStage) {
  AddTraining(plan_.add_stages(), 64);
  v1::EvaluateOptions* evaluate = plan_.add_stages()->mutable_search()->mutable_options()->mutable_evaluate();
  evaluate->set_batch_size(32);
  evaluate->mutable_re_bn()->set_batch_size(32);
  v1::RetrainStage* retrain = plan_.add_stages()->mutable_retrain();
  retrain->mutable_options()->set_epochs(1);
  retrain->mutable_options()->set_batch_size(512);
  const auto estimate = Estimate();
  ASSERT_TRUE(estimate.ok()) << estimate.status().message();
  ASSERT_EQ(estimate->stages_size(), 3);
  EXPECT_EQ(estimate->stages(0).memory_bytes(), kWeights + 64 * kTrained);
  EXPECT_EQ(estimate->stages(1).memory_bytes(), kWeights + 32 * kEvaluated);
  EXPECT_EQ(estimate->stages(2).memory_bytes(), kWeights + kWeights + 512 * kTrained) << "beside the supernet";
  EXPECT_EQ(estimate->memory_bytes(), estimate->stages(2).memory_bytes());
  EXPECT_GE(estimate->seconds(), estimate->stages(0).seconds() + estimate->stages(2).seconds());
}

TEST_F(PlanEstimateTest, APlanAboveTheLimitIsRefusedWithBothNumbersAndNoLargeBatch) {
  AddTraining(plan_.add_stages(), 400)->mutable_optimizer()->set_learning_rate(5);
  const auto estimate = Estimate(50000);
  ASSERT_TRUE(estimate.ok()) << estimate.status().message();
  EXPECT_EQ(estimate->memory_bytes(), kWeights + 400 * kTrained) << "carried on from small batches";
  EXPECT_TRUE(estimate->stages(0).too_large());
  EXPECT_EQ(estimate->stages(0).seconds(), 0);
  EXPECT_LE(backend_.seen.largest_batch, 4U);
  EXPECT_EQ(backend_.seen.highest_rate, 0) << "weights stay finite whatever the batch";
  const Status refused = CheckMemory(*estimate, 50000);
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_EQ(refused.details().field, "memory_limit");
  EXPECT_EQ(refused.details().value, "50000");
  EXPECT_NE(refused.details().allowed.find("121000"), std::string::npos) << refused.details().allowed;
  EXPECT_NE(refused.message().find("'train'"), std::string::npos) << refused.message();
  EXPECT_TRUE(CheckMemory(*estimate, 121000).ok());
  EXPECT_TRUE(CheckMemory(*estimate, 0).ok()) << "no limit";
}

TEST_F(PlanEstimateTest, StagesOfALoopAreToldByPathAndEqualOnesRehearsedOnce) {
  v1::LoopStage* loop = plan_.add_stages()->mutable_loop();
  loop->mutable_until()->set_iterations(3);
  AddTraining(loop->add_body(), 64);
  AddTraining(plan_.add_stages(), 64);
  const auto estimate = Estimate();
  ASSERT_TRUE(estimate.ok()) << estimate.status().message();
  ASSERT_EQ(estimate->stages_size(), 2);
  EXPECT_EQ(estimate->stages(0).stage(), "loop/train");
  EXPECT_EQ(estimate->stages(1).stage(), "train");
  EXPECT_DOUBLE_EQ(estimate->stages(0).seconds(), 3 * estimate->stages(1).seconds());
  EXPECT_EQ(backend_.seen.supernets, 3U) << "two small batches and a whole one";
}

TEST_F(PlanEstimateTest, CancelEndsIt) {
  AddTraining(plan_.add_stages(), 64);
  cancel_->Trigger();
  EXPECT_EQ(Estimate().status().code(), Code::kCancelled);
}

TEST_F(PlanEstimateTest, ATableTakesNoTime) {
  plan_ = tests::SmallPlan(1);
  RunRequest request;
  request.plan = plan_;
  const auto estimate = EstimateRun(std::move(request));
  ASSERT_TRUE(estimate.ok()) << estimate.status().message();
  EXPECT_EQ(estimate->seconds(), 0);
  EXPECT_GT(estimate->memory_bytes(), 0U);
}

TEST_F(PlanEstimateTest, ARunAboveTheLimitIsNotStarted) {
  const tests::ScratchFolder folder;
  RunRequest request = tests::SmallRequest(1, folder / "run");
  request.memory_limit = 100;
  const auto run = Run::Start(std::move(request));
  EXPECT_EQ(run.status().code(), Code::kResourceExhausted) << run.status().message();
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

}  // namespace
}  // namespace nasshrink::run
