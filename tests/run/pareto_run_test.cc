// Runs that search by several metrics and prune by what the fronts use, on known accuracies.
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/non_dominated_sort.h"
#include "run/engine.h"
#include "run/synthetic_run.h"

namespace nasshrink::run {
namespace {

using tests::ScratchFolder;

void AddSearch(v1::RunPlan* plan, const char* algorithm, uint32_t trials) {
  v1::SearchOptions* search = plan->add_stages()->mutable_search()->mutable_options();
  search->set_algorithm(algorithm);
  search->set_trials(trials);
  search->add_metrics("accuracy");
  search->add_metrics("macs");
  search->mutable_evolution()->set_population(16);
}

// Search, prune, search again in what is left: PAD-NAS without training.
RunRequest ParetoRequest(const std::string& folder) {
  RunRequest request;
  request.plan = tests::SmallPlan(1);
  request.plan.clear_stages();
  AddSearch(&request.plan, "nsga2", 120);
  request.plan.add_stages()->mutable_shrink()->mutable_rule()->mutable_pad_nas()->set_threshold(0.15);
  AddSearch(&request.plan, "nsga2", 80);
  request.folder = folder;
  return request;
}

v1::RunResult ResultOf(Run& run) {
  const base::Status outcome = run.Wait(-1);
  EXPECT_TRUE(outcome.ok()) << outcome.message();
  const auto result = run.Result();
  return result.ok() ? *result : v1::RunResult();
}

TEST(ParetoRun, PrunesByFrequencyAndEndsWithAFront) {
  ScratchFolder folder;
  auto run = Run::Start(ParetoRequest(folder / "run"));
  ASSERT_TRUE(run.ok()) << run.status().message();
  const v1::RunResult result = ResultOf(**run);
  ASSERT_EQ(result.history_size(), 1);
  const v1::OperatorFrequencies& frequencies = result.history(0).frequencies();
  EXPECT_EQ(frequencies.operators_size(), 18);  // three operators on six edges
  EXPECT_LE(frequencies.children(), 120U);
  EXPECT_GT(result.history(0).dropped_size(), 0);
  std::set<std::pair<uint32_t, uint32_t>> dropped;
  for (const v1::OperatorRef& drop : result.history(0).dropped()) dropped.emplace(drop.choice(), drop.candidate());
  for (const v1::OperatorFrequency& row : frequencies.operators()) {
    EXPECT_EQ(dropped.count({row.choice(), row.candidate()}) > 0,
              row.frequency() <= 0.15 && !row.kept_as_most_frequent());
  }
  EXPECT_LT(std::stoi(result.children()), 729);
  ASSERT_GT(result.front_size(), 1);
  for (const v1::Evaluated& a : result.front()) {
    EXPECT_EQ(a.metrics(1).name(), "macs");
    EXPECT_EQ(a.metrics(1).value(), static_cast<double>(a.macs()));
    for (const v1::Evaluated& b : result.ranked()) {
      const double first[] = {-b.metrics(0).value(), b.metrics(1).value()};
      const double second[] = {-a.metrics(0).value(), a.metrics(1).value()};
      EXPECT_FALSE(base::Dominates(first, second, 2));
    }
  }
}

TEST(ParetoRun, CancelledAnywhereItResumesToTheSameBytes) {
  ScratchFolder folder;
  auto undisturbed = Run::Start(ParetoRequest(folder / "undisturbed"));
  ASSERT_TRUE(undisturbed.ok());
  const std::string expected = ResultOf(**undisturbed).SerializeAsString();
  for (const uint64_t stop : {2, 40, 100, 123, 130, 170}) {
    const std::string name = folder / std::to_string(stop);
    RunRequest request = ParetoRequest(name);
    const auto cancel = std::make_shared<base::Cancel>();
    request.cancel = cancel;
    request.on_event = [&, stop](const v1::RunEvent& event) {
      if (event.sequence() == stop) cancel->Trigger();
      return base::Status();
    };
    auto run = Run::Start(std::move(request));
    ASSERT_TRUE(run.ok());
    EXPECT_EQ((*run)->Wait(-1).code(), base::Code::kCancelled) << stop;
    run->reset();
    ResumeRequest resume;
    resume.folder = name;
    auto resumed = Run::Resume(std::move(resume));
    ASSERT_TRUE(resumed.ok()) << resumed.status().message();
    EXPECT_EQ(ResultOf(**resumed).SerializeAsString(), expected) << stop;
  }
}

TEST(ParetoRun, EveryAlgorithmIsAStage) {
  for (const char* algorithm : {"random", "regularized_evolution", "local_search", "reinforce"}) {
    RunRequest request = ParetoRequest("");
    request.plan.clear_stages();
    AddSearch(&request.plan, algorithm, 60);
    request.plan.mutable_stages(0)->mutable_search()->mutable_options()->mutable_evolution()->set_sample_size(4);
    auto run = Run::Start(std::move(request));
    ASSERT_TRUE(run.ok()) << run.status().message();
    const v1::RunResult result = ResultOf(**run);
    EXPECT_EQ(result.ranked_size(), 60) << algorithm;
    EXPECT_GT(result.front_size(), 0) << algorithm;
  }
}

TEST(ParetoRun, PruningNeedsASearchByTwoMetrics) {
  RunRequest request = ParetoRequest("");
  request.plan.mutable_stages()->DeleteSubrange(0, 1);
  auto run = Run::Start(std::move(request));
  ASSERT_TRUE(run.ok()) << run.status().message();
  const base::Status outcome = (*run)->Wait(-1);
  EXPECT_EQ(outcome.code(), base::Code::kFailedPrecondition);
  EXPECT_NE(outcome.message().find("two metrics or more"), std::string::npos) << outcome.message();
}

}  // namespace
}  // namespace nasshrink::run
