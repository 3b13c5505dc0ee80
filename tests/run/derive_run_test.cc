// Runs that learn architecture parameters and derive a child from them, on the table back end.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "run/engine.h"
#include "run/synthetic_run.h"
#include "run/table_backend.h"
#include "run/table_parameters.h"
#include "score/softmax.h"
#include "space/architecture.h"
#include "space/edits.h"

namespace nasshrink::run {
namespace {

using base::Code;
using tests::ScratchFolder;

using Accuracies = std::map<space::Architecture, double>;

Accuracies AccuraciesOf(const space::Space& space) {
  const v1::Truth truth = tests::SmallTruth(space);
  Accuracies accuracies;
  for (int i = 0; i < truth.accuracy_size(); ++i) {
    accuracies[space::NthChild(space, static_cast<uint64_t>(i))] = truth.accuracy(i);
  }
  return accuracies;
}

double ExpectedAccuracy(const space::Space& space, const Accuracies& accuracies,
                        const std::vector<std::vector<double>>& alpha) {
  const auto p = score::Probabilities(space, alpha);
  double expected = 0;
  for (const auto& [child, accuracy] : accuracies) {
    double probability = 1;
    for (size_t i = 0; i < child.size(); ++i) probability *= p[i][child[i]];
    expected += probability * accuracy;
  }
  return expected;
}

TEST(TableParametersTest, MoveByTheGradientOfTheExpectedAccuracy) {
  const space::Space space = tests::SmallSpace();
  const Accuracies accuracies = AccuraciesOf(space);
  ArchitectureParameters parameters = NewTableParameters(space);
  for (int step = 0; step < 3; ++step) ClimbExpectedAccuracy(space, accuracies, &parameters);
  EXPECT_EQ(parameters.steps, 3U);
  const auto before = parameters.alpha;
  ClimbExpectedAccuracy(space, accuracies, &parameters);
  constexpr double kStep = 1e-5;
  for (size_t i = 0; i < space.choices.size(); ++i) {
    for (const uint32_t k : space.choices[i].alive) {
      auto up = before;
      auto down = before;
      up[i][k] += kStep;
      down[i][k] -= kStep;
      const double slope =
          (ExpectedAccuracy(space, accuracies, up) - ExpectedAccuracy(space, accuracies, down)) / (2 * kStep);
      EXPECT_NEAR(parameters.alpha[i][k] - before[i][k], slope, 1e-6) << i << " " << k;
    }
  }
}

TEST(TableParametersTest, FollowTheSupernetIntoShrunkSpacesAndImages) {
  const space::Space space = tests::SmallSpace();
  const v1::Truth truth = tests::SmallTruth(space);
  const auto supernet = NewTableSupernet(space, truth);
  ASSERT_TRUE(supernet.ok());
  EXPECT_EQ((*supernet)->Architecture().status().code(), Code::kFailedPrecondition);
  TrainOptions options;
  options.strategy = TrainOptions::Strategy::kDarts;
  const auto trainer = (*supernet)->NewTrainer(options);
  const auto dataset = NewTableDataset();
  ASSERT_TRUE((*trainer)->Epoch(*dataset, {}).ok());
  const auto learned = (*supernet)->Architecture();
  ASSERT_TRUE(learned.ok());

  const auto loaded = NewTableBackend(truth)->LoadSupernet(space, *(*supernet)->Serialize({}));
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ((*loaded)->Architecture()->alpha, learned->alpha);
  EXPECT_EQ((*loaded)->Architecture()->steps, learned->steps);

  v1::SpaceEdits edits;
  edits.add_drop()->set_candidate(1);
  const auto shrunk = space::ApplyEdits(space, edits);
  ASSERT_TRUE(shrunk.ok());
  const auto child = (*supernet)->Inherit(*shrunk, {});
  auto expected = learned->alpha;
  expected[0][1] = 0;
  EXPECT_EQ((*child)->Architecture()->alpha, expected);
}

// Train weights and parameters, derive, retrain the derived child and export it.
v1::RunPlan DerivingPlan(const char* strategy, const char* target) {
  v1::RunPlan plan = tests::SmallPlan(1);
  plan.clear_stages();
  v1::TrainStage* train = plan.add_stages()->mutable_train();
  train->mutable_options()->set_epochs(6);
  train->mutable_options()->set_strategy(strategy);
  train->set_target(target);
  plan.add_stages()->mutable_derive()->mutable_options()->set_rule("argmax");
  plan.add_stages()->mutable_retrain()->mutable_options()->set_epochs(2);
  plan.add_stages()->mutable_export_()->set_file("best.safetensors");
  return plan;
}

RunRequest RequestOf(v1::RunPlan plan, const std::string& folder) {
  RunRequest request;
  request.plan = std::move(plan);
  request.folder = folder;
  return request;
}

base::Result<v1::RunResult> ResultOf(const base::Result<std::shared_ptr<Run>>& run) {
  if (!run.ok()) return run.status();
  NASSHRINK_RETURN_IF_ERROR((*run)->Wait(-1));
  return (*run)->Result();
}

TEST(DeriveRunTest, TheDerivedChildIsRetrainedAndExported) {
  for (const char* strategy : {"proxyless", "darts"}) {
    ScratchFolder folder;
    const auto run = Run::Start(RequestOf(DerivingPlan(strategy, "architecture"), folder / "run"));
    const auto result = ResultOf(run);
    ASSERT_TRUE(result.ok()) << result.status().message();
    ASSERT_EQ(result->ranked_size(), 1);
    EXPECT_EQ(result->ranked(0).metrics_size(), 0);
    EXPECT_GT(result->ranked(0).params(), 0U);
    const auto supernet = (*run)->supernet();
    ASSERT_TRUE(supernet.ok());
    const auto parameters = (*supernet)->Architecture();
    ASSERT_TRUE(parameters.ok());
    for (size_t i = 0; i < parameters->alpha.size(); ++i) {
      const auto& alive = (*supernet)->space().choices[i].alive;
      const uint32_t derived = result->ranked(0).architecture().candidates(static_cast<int>(i));
      for (const uint32_t k : alive) EXPECT_LE(parameters->alpha[i][k], parameters->alpha[i][derived]);
    }
    ASSERT_EQ(result->retrained_size(), 1);
    EXPECT_EQ(result->retrained(0).ops(), result->ranked(0).ops());
    // It is better than nearly all children, as its parameters climb the accuracy.
    const Accuracies accuracies = AccuraciesOf(tests::SmallSpace());
    const double found = result->retrained(0).metrics(0).value();
    EXPECT_LE(std::count_if(accuracies.begin(), accuracies.end(), [&](const auto& one) { return one.second > found; }),
              static_cast<ptrdiff_t>(accuracies.size() / 50));
    EXPECT_EQ(result->exported_files_size(), 1);
  }
}

TEST(DeriveRunTest, CancelledAtAnyEventItResumesToTheSameBytes) {
  ScratchFolder folder;
  const auto undisturbed = ResultOf(Run::Start(RequestOf(DerivingPlan("proxyless", ""), folder / "undisturbed")));
  ASSERT_TRUE(undisturbed.ok()) << undisturbed.status().message();
  for (uint64_t stop = 1; stop < 15; stop += 2) {
    const std::string name = folder / std::to_string(stop);
    RunRequest request = RequestOf(DerivingPlan("proxyless", ""), name);
    const auto cancel = std::make_shared<base::Cancel>();
    request.cancel = cancel;
    request.on_event = [&](const v1::RunEvent& event) {
      if (event.sequence() == stop) cancel->Trigger();
      return base::Status();
    };
    EXPECT_EQ(ResultOf(Run::Start(std::move(request))).status().code(), Code::kCancelled) << stop;
    ResumeRequest again;
    again.folder = name;
    const auto resumed = ResultOf(Run::Resume(again));
    ASSERT_TRUE(resumed.ok()) << resumed.status().message();
    EXPECT_EQ(resumed->SerializeAsString(), undisturbed->SerializeAsString()) << "cancelled at event " << stop;
  }
}

TEST(DeriveRunTest, TrainingOfWeightsAloneLeavesTheParametersAsTheyAre) {
  ScratchFolder folder;
  const auto run = Run::Start(RequestOf(DerivingPlan("proxyless", "weights"), folder / "run"));
  ASSERT_TRUE(ResultOf(run).ok()) << ResultOf(run).status().message();
  const auto parameters = (*(*run)->supernet())->Architecture();
  ASSERT_TRUE(parameters.ok());
  EXPECT_EQ(parameters->steps, 0U);
}

TEST(DeriveRunTest, WithoutLearnedParametersThereIsNothingToDerive) {
  v1::RunPlan plan = DerivingPlan("uniform", "");
  ScratchFolder folder;
  const auto result = ResultOf(Run::Start(RequestOf(plan, folder / "run")));
  EXPECT_EQ(result.status().code(), Code::kFailedPrecondition);
  EXPECT_NE(result.status().message().find("learned architecture parameters"), std::string::npos);
}

}  // namespace
}  // namespace nasshrink::run
