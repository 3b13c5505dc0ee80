// The ABS recipe on NAS-Bench-201's published accuracies.
#include <gtest/gtest.h>
#include <zlib.h>

#include <sstream>
#include <string>
#include <vector>

#include "run/engine.h"
#include "run/recipes.h"
#include "run/synthetic_run.h"
#include "shared_file.h"
#include "space/architecture.h"
#include "space/codec.h"
#include "space/notation.h"

namespace nasshrink::run {
namespace {

std::string Gunzip(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  std::string text;
  char block[65536];
  for (int size = gzread(file, block, sizeof(block)); size > 0; size = gzread(file, block, sizeof(block))) {
    text.append(block, static_cast<size_t>(size));
  }
  gzclose(file);
  return text;
}

// NAS-Bench-201's CIFAR-10 test accuracies; operators are scored by accuracy, since a truth has no weights.
v1::RunPlan BenchmarkPlan(const std::string& csv) {
  v1::PlanOptions options;
  options.set_seed(1);
  *options.add_set() = "drop=20";
  *options.add_set() = "children_at_most=1000";
  *options.add_set() = "stages[shrink].loop.body[score].score.options.metric=accuracy";
  *options.add_set() = "trials=200";
  v1::RunPlan plan = *PlanPreset("abs", options);
  const space::Space space = *space::SpaceFromMessage(plan.space());
  v1::SupernetOptions* supernet = plan.mutable_supernet();
  supernet->set_backend("table");
  supernet->mutable_truth()->set_choices(6);
  std::istringstream lines(Gunzip(csv));
  std::string line;
  for (std::getline(lines, line); std::getline(lines, line);) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    const space::Architecture child = *space::ImportArchitecture(space, "nas-bench-201", cells[1]);
    supernet->mutable_truth()->mutable_candidates()->Add(child.begin(), child.end());
    supernet->mutable_truth()->add_accuracy(std::stod(cells[4]));
  }
  return plan;
}

TEST(BenchmarkRunTest, AbsRecipeOnNasBench201Truth) {
  NASSHRINK_SHARED_OR_SKIP(csv, "data/nasbench201/nasbench201.csv.gz");
  tests::ScratchFolder folder;
  RunRequest request;
  request.plan = BenchmarkPlan(csv);
  ASSERT_EQ(request.plan.supernet().truth().accuracy_size(), 15625);
  request.folder = folder / "run";
  auto run = Run::Start(std::move(request));
  ASSERT_TRUE(run.ok()) << run.status().message();
  ASSERT_TRUE((*run)->Wait(-1).ok()) << (*run)->Wait(-1).message();
  const auto result = (*run)->Result();
  ASSERT_TRUE(result.ok());
  // Means of true accuracies: the ten operators left are the first ten of the published ranking.
  EXPECT_EQ(result->history_size(), 1);
  EXPECT_EQ(result->history(0).dropped_size(), 20);
  EXPECT_EQ((*(*run)->supernet())->space().OperatorCount(), 10U);
  EXPECT_GT(result->ranked(0).metrics(0).value(), 93.5);
}

}  // namespace
}  // namespace nasshrink::run
