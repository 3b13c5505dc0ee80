// The table back end, evaluation and scoring on it, and checkpoint files.
#include "run/table_backend.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/file.h"
#include "run/backend_loader.h"
#include "run/checkpoint.h"
#include "run/evaluate.h"
#include "run/synthetic_run.h"
#include "space/architecture.h"
#include "space/codec.h"
#include "space/edits.h"

namespace nasshrink::run {
namespace {

using base::Code;

class TableBackendTest : public testing::Test {
 protected:
  space::Space space_ = tests::SmallSpace();
  v1::Truth truth_ = tests::SmallTruth(space_);
  std::unique_ptr<Supernet> supernet_ = std::move(*NewTableSupernet(space_, truth_, {0.01}));

  void TrainSteps(Supernet& supernet, int steps) {
    const auto trainer = supernet.NewTrainer(TrainOptions());
    ASSERT_TRUE(trainer.ok());
    for (int i = 0; i < steps; ++i) ASSERT_TRUE((*trainer)->Step({}, {}).ok());
  }

  std::vector<double> Values(Supernet& supernet, const char* metric, const std::vector<space::Architecture>& children) {
    v1::EvaluateOptions options;
    options.add_metrics(metric);
    const auto report = EvaluateChildren(supernet, children, options, {});
    EXPECT_TRUE(report.ok()) << report.status().message();
    return {report->metrics(0).values().begin(), report->metrics(0).values().end()};
  }
};

TEST_F(TableBackendTest, LooksAccuraciesUp) {
  std::vector<space::Architecture> children;
  for (const int index : {0, 5, 728}) children.push_back(space::NthChild(space_, index));
  const std::vector<double> values = Values(*supernet_, "accuracy", children);
  EXPECT_EQ(values, (std::vector<double>{truth_.accuracy(0), truth_.accuracy(5), truth_.accuracy(728)}));
}

TEST_F(TableBackendTest, WhatIsNotInTheTruthIsNaN) {
  truth_.mutable_accuracy()->Truncate(700);
  truth_.mutable_candidates()->Truncate(4200);
  const auto supernet = NewTableSupernet(space_, truth_);
  ASSERT_TRUE(supernet.ok());
  EXPECT_TRUE(std::isnan(Values(**supernet, "accuracy", {space::NthChild(space_, 728)})[0]));
}

TEST_F(TableBackendTest, OperatorWithoutAChildInTheTruthIsNamed) {
  // The last two thirds of the children are all with the first candidate of choice 0.
  truth_.mutable_accuracy()->Truncate(243);
  truth_.mutable_candidates()->Truncate(243 * 6);
  const auto supernet = NewTableSupernet(space_, truth_);
  ASSERT_TRUE(supernet.ok());
  v1::ScoreOptions options;
  options.set_metric("accuracy");
  const base::Status status = ScoreSupernet(**supernet, options, {}).status();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  for (const std::string& part : {space_.choices[0].key, std::string("486 of 729 children"),
                                  space::CodesOf(space_, space::NthChild(space_, 243))}) {
    EXPECT_NE(status.message().find(part), std::string::npos) << status.message();
  }
}

TEST_F(TableBackendTest, AngleGrowsWithStepsAndShrinksWithANewBase) {
  const space::Architecture child = space::NthChild(space_, 728);
  const double before = Values(*supernet_, "angle", {child})[0];
  TrainSteps(*supernet_, 10);
  const double after = Values(*supernet_, "angle", {child})[0];
  EXPECT_GT(after, before);
  ASSERT_TRUE(supernet_->ResetBase().ok());
  EXPECT_EQ(Values(*supernet_, "angle", {child})[0], before);
}

TEST_F(TableBackendTest, ScoresEqualMeansOverAllChildren) {
  v1::ScoreOptions options;
  options.set_metric("accuracy");
  base::WorkerPool pool(3);
  Measuring measuring;
  measuring.pool = &pool;
  const auto scores = ScoreSupernet(*supernet_, options, measuring);
  ASSERT_TRUE(scores.ok()) << scores.status().message();
  ASSERT_EQ(scores->scores_size(), 18);
  EXPECT_TRUE(scores->exact());
  for (const v1::OperatorScore& score : scores->scores()) {
    double sum = 0;
    int count = 0;
    for (int i = 0; i < 729; ++i) {
      if (truth_.candidates(i * 6 + static_cast<int>(score.choice())) != score.candidate()) continue;
      sum += truth_.accuracy(i);
      ++count;
    }
    EXPECT_EQ(count, 243);
    EXPECT_NEAR(score.score(), sum / count, 1e-10);
  }
}

TEST_F(TableBackendTest, RefusesTruthsOfAnotherShape) {
  const auto field = [&](void (*spoil)(v1::Truth*)) {
    v1::Truth truth = truth_;
    spoil(&truth);
    const base::Status status = NewTableSupernet(space_, truth).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    return status.details().field;
  };
  EXPECT_EQ(field([](v1::Truth* t) { t->set_root_fingerprint("x"); }), "truth.root_fingerprint");
  EXPECT_EQ(field([](v1::Truth* t) { t->set_choices(5); }), "truth.choices");
  EXPECT_EQ(field([](v1::Truth* t) { t->add_accuracy(1); }), "truth.candidates");
  EXPECT_EQ(field([](v1::Truth* t) { t->set_candidates(8, 5); }), "truth.candidates[8]");
  EXPECT_EQ(field([](v1::Truth* t) { t->mutable_table()->mutable_fixed()->Clear(); }).substr(0, 12), "truth.table.");
}

TEST_F(TableBackendTest, WithoutScalarsThereIsNoAngle) {
  truth_.clear_table();
  const auto supernet = NewTableSupernet(space_, truth_);
  v1::EvaluateOptions options;
  options.add_metrics("angle");
  const auto report = EvaluateChildren(**supernet, {space::NthChild(space_, 0)}, options, {});
  EXPECT_EQ(report.status().code(), Code::kFailedPrecondition);
}

TEST_F(TableBackendTest, CheckpointBringsSpaceAndStepsBack) {
  const tests::ScratchFolder folder;
  TrainSteps(*supernet_, 3);
  ASSERT_TRUE(SaveCheckpoint(folder / "a.safetensors", *supernet_).ok());
  const auto backend = NewTableBackend(truth_);
  const auto loaded = LoadCheckpoint(folder / "a.safetensors", *backend);
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ((*loaded)->Describe().steps, 3U);
  EXPECT_EQ((*loaded)->space().full_fingerprint, space_.full_fingerprint);
  EXPECT_EQ(*CheckpointImage(**loaded), *CheckpointImage(*supernet_));
}

TEST_F(TableBackendTest, InheritsFromItsRootAlone) {
  v1::SpaceEdits edits;
  edits.add_drop()->set_candidate(1);
  const auto shrunk = space::ApplyEdits(space_, edits);
  ASSERT_TRUE(shrunk.ok()) << shrunk.status().message();
  TrainSteps(*supernet_, 2);
  const auto child = supernet_->Inherit(*shrunk, {});
  ASSERT_TRUE(child.ok());
  EXPECT_EQ((*child)->Describe().steps, 2U);
  space::Space foreign = *shrunk;
  foreign.name = "foreign";
  space::Finish(foreign);
  EXPECT_EQ(supernet_->Inherit(foreign, {}).status().code(), Code::kInvalidArgument);
}

TEST_F(TableBackendTest, TornAndForeignCheckpointsAreDataLoss) {
  const tests::ScratchFolder folder;
  const auto backend = NewTableBackend(truth_);
  const std::string image = *CheckpointImage(*supernet_);
  for (const size_t size : {size_t{0}, size_t{7}, size_t{100}, image.size() / 2, image.size() - 1}) {
    EXPECT_EQ(LoadCheckpointImage(image.substr(0, size), *backend).status().code(), Code::kDataLoss) << size;
  }
  std::string other = image;
  const size_t at = other.find("supernet 1");
  ASSERT_NE(at, std::string::npos);
  other.replace(at, 10, "supernet 9");
  EXPECT_EQ(LoadCheckpointImage(other, *backend).status().code(), Code::kDataLoss);
  EXPECT_EQ(LoadCheckpointImage(*supernet_->Extract(space::NthChild(space_, 0), {}), *backend).status().code(),
            Code::kDataLoss);
  EXPECT_EQ(LoadCheckpoint(folder / "missing", *backend).status().code(), Code::kNotFound);
}

TEST_F(TableBackendTest, EvaluationChecksItsOptions) {
  v1::EvaluateOptions options;
  options.add_metrics("speed");
  const auto report = EvaluateChildren(*supernet_, {}, options, {});
  EXPECT_EQ(report.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(report.status().details().field, "metrics[0]");
  EXPECT_NE(report.status().message().find("accuracy, top5, loss, angle, macs, params"), std::string::npos);
  base::Cancel cancel;
  cancel.Trigger();
  Measuring measuring;
  measuring.cancel = &cancel;
  EXPECT_EQ(EvaluateChildren(*supernet_, {space::NthChild(space_, 0)}, {}, measuring).status().code(),
            Code::kCancelled);
}

TEST(BackendLoaderTest, SaysWhatIsMissing) {
  const tests::ScratchFolder folder;
  const base::Status missing = OpenTorchBackend(folder.path(), {}).status();
  EXPECT_EQ(missing.code(), Code::kFailedPrecondition);
  EXPECT_NE(missing.message().find("libnasshrink_torch.so"), std::string::npos);
  EXPECT_NE(missing.message().find(folder.path()), std::string::npos);
  ASSERT_TRUE(base::WriteFileAtomically(folder / "libnasshrink_torch.so", "not a library").ok());
  const base::Status foreign = OpenTorchBackend(folder.path(), {}).status();
  EXPECT_EQ(foreign.code(), Code::kFailedPrecondition);
  EXPECT_NE(foreign.message().find("cannot be opened"), std::string::npos);
}

}  // namespace
}  // namespace nasshrink::run
