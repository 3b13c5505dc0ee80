// The ranking report on NAS-Bench-201's published accuracies and on a small space whose numbers anyone can work out.
#include "run/ranking_report.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "packed_csv.h"
#include "run/synthetic_run.h"
#include "shared_file.h"
#include "space/architecture.h"
#include "space/cost.h"
#include "space/count.h"
#include "space/notation.h"
#include "space/presets.h"

namespace nasshrink::run {
namespace {

using base::Code;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

v1::RankInput InputOf(const space::Space& space, const std::vector<space::Architecture>& children,
                      const std::vector<double>& truth) {
  v1::RankInput input;
  space::ArchitecturesToMessage(space, children, input.mutable_children());
  input.mutable_truth()->Add(truth.begin(), truth.end());
  return input;
}

void AddScores(const std::string& name, const std::vector<double>& values, v1::RankInput* input) {
  v1::ScoreColumn* column = input->add_scores();
  column->set_name(name);
  column->mutable_values()->Add(values.begin(), values.end());
}

// All children of a small space; truth is the number of multiply-adds in thousands, so counting is perfect.
struct Small {
  space::Space space = tests::SmallSpace();
  std::vector<space::Architecture> children;
  std::vector<double> macs;

  Small() {
    const auto cost = *space::CostModel::Make(space);
    for (uint64_t at = 0; at < 729; ++at) {
      children.push_back(space::NthChild(space, at));
      macs.push_back(static_cast<double>(cost.Macs(children.back())) / 1000);
    }
  }
};

TEST(RankingReport, PublishedBaselinesOfNasBench201) {
  NASSHRINK_SHARED_OR_SKIP(path, "data/nasbench201/nasbench201.csv.gz");
  const space::Space space = *space::Preset("nas-bench-201", {});
  const tests::PackedCsv csv(path);
  std::vector<space::Architecture> children;
  std::vector<double> truth;
  for (size_t row = 0; row < csv.size(); ++row) {
    children.push_back(*space::ImportArchitecture(space, "nas-bench-201", csv.At(row, "arch_str")));
    truth.push_back(std::stod(csv.At(row, "cifar10_test")));
  }
  v1::RankInput input = InputOf(space, children, truth);
  AddScores("truth", truth, &input);
  input.set_keep(10);
  const auto report = RankChildren(space, input, nullptr);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->children(), 15'625U);
  EXPECT_EQ(report->metric().tau_b().value(), 1);
  EXPECT_EQ(report->metric().tau_equal_macs().value(), 1);
  EXPECT_EQ(report->metric().regret(), 0);
  // Operator means with perfect accuracies leave one of the 157 best cells.
  EXPECT_NEAR(report->metric().top1pct_survival(), 1.0 / 157, 1e-12);
  EXPECT_EQ(report->metric().kept(), 10U);
  EXPECT_TRUE(report->beats_counting());
  ASSERT_EQ(report->baselines_size(), 4);
  EXPECT_EQ(report->baselines(0).name(), "live_macs");
  EXPECT_NEAR(report->baselines(0).tau_b().value(), 0.654, 5e-4);
  EXPECT_TRUE(std::isnan(report->baselines(0).tau_equal_macs().value()));
  EXPECT_EQ(report->baselines(1).name(), "live_params");
  EXPECT_NEAR(report->baselines(1).tau_b().value(), 0.654, 5e-4);
  EXPECT_EQ(report->baselines(2).name(), "params");
  EXPECT_NEAR(report->baselines(2).tau_b().value(), 0.578, 5e-4);
  EXPECT_EQ(report->baselines(3).name(), "random");
  EXPECT_NEAR(report->baselines(3).tau_b().value(), 0, 0.02);
  EXPECT_LT(report->baselines(3).tau_b().low(), 0);
  EXPECT_GT(report->baselines(3).tau_b().high(), 0);
}

TEST(RankingReport, CountingIsNotBeatenByItself) {
  const Small small;
  v1::RankInput input = InputOf(small.space, small.children, small.macs);
  std::vector<double> live;
  const auto cost = *space::CostModel::Make(small.space);
  for (const space::Architecture& child : small.children) live.push_back(static_cast<double>(cost.LiveMacs(child)));
  AddScores("mine", live, &input);
  const auto report = RankChildren(small.space, input, nullptr);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_FALSE(report->beats_counting());
  EXPECT_EQ(report->best_counting(), "live_macs");
  EXPECT_EQ(report->above_counting().value(), 0);
  EXPECT_NE(report->verdict().find("mine ranks no better than counting does"), std::string::npos) << report->verdict();
  // Half of the 30 operators of the root; the space has 18.
  EXPECT_EQ(report->metric().kept(), 15U);
}

TEST(RankingReport, LowerIsBetterTurnsAScoreRound) {
  const Small small;
  std::vector<double> loss;
  for (const double macs : small.macs) loss.push_back(-macs);
  v1::RankInput input = InputOf(small.space, small.children, small.macs);
  AddScores("loss", loss, &input);
  EXPECT_EQ(RankChildren(small.space, input, nullptr)->metric().tau_b().value(), -1);
  input.mutable_scores(0)->set_lower_is_better(true);
  EXPECT_EQ(RankChildren(small.space, input, nullptr)->metric().tau_b().value(), 1);
}

TEST(RankingReport, RowsWithoutNumbersOrOutsideTheSpaceAreLeftOut) {
  const Small small;
  space::Space shrunk = small.space;
  shrunk.choices[0].alive.pop_back();
  v1::RankInput input = InputOf(small.space, small.children, small.macs);
  AddScores("score", small.macs, &input);
  input.set_truth(0, kNan);
  input.mutable_scores(0)->set_values(1, kNan);
  EXPECT_EQ(RankChildren(small.space, input, nullptr)->children(), 727U);
  const auto report = RankChildren(shrunk, input, nullptr);
  EXPECT_EQ(report->children(), 484U);
  // Of the best 8 of 728 some are gone, though nothing more is dropped.
  input.set_keep(30);
  const double survival = RankChildren(shrunk, input, nullptr)->metric().top1pct_survival();
  EXPECT_LT(survival, 1);
  EXPECT_EQ(std::round(survival * 8), survival * 8);
}

TEST(RankingReport, FusedColumnsAreReportedTogetherAndApart) {
  const Small small;
  std::vector<double> reversed;
  for (const double macs : small.macs) reversed.push_back(-macs);
  v1::RankInput input = InputOf(small.space, small.children, small.macs);
  AddScores("macs", small.macs, &input);
  AddScores("reversed", reversed, &input);
  EXPECT_EQ(RankChildren(small.space, input, nullptr).status().details().field, "fusion");
  input.set_fusion("rank_sum");
  const auto report = RankChildren(small.space, input, nullptr);
  ASSERT_EQ(report->columns_size(), 2);
  EXPECT_EQ(report->columns(0).tau_b().value(), 1);
  EXPECT_EQ(report->columns(1).tau_b().value(), -1);
  EXPECT_TRUE(std::isnan(report->metric().tau_b().value()));
  ASSERT_EQ(report->fused_size(), 729);
  EXPECT_EQ(report->fused(5), 730);
}

TEST(RankingReport, WorkersChangeNothing) {
  const Small small;
  v1::RankInput input = InputOf(small.space, small.children, small.macs);
  AddScores("score", std::vector<double>(small.macs.rbegin(), small.macs.rend()), &input);
  std::set<std::string> reports;
  for (const uint32_t workers : {1U, 2U, 5U}) {
    base::WorkerPool pool(workers);
    reports.insert(RankChildren(small.space, input, &pool)->SerializeAsString());
  }
  EXPECT_EQ(reports.size(), 1U);
}

TEST(RankingReport, WrongInputIsNamed) {
  const Small small;
  const v1::RankInput good = InputOf(small.space, small.children, small.macs);
  const auto field_of = [&](const v1::RankInput& input) {
    return RankChildren(small.space, input, nullptr).status().details().field;
  };
  EXPECT_EQ(field_of(good), "scores");
  v1::RankInput input = good;
  AddScores("short", {1, 2}, &input);
  EXPECT_EQ(field_of(input), "scores[0].values");
  input = good;
  AddScores("score", small.macs, &input);
  input.set_truth(3, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(field_of(input), "truth[3]");
  input.mutable_children()->set_candidates(7, 99);
  EXPECT_EQ(field_of(input), "children.architectures[1].candidates[1]");
  input = good;
  AddScores("nothing", std::vector<double>(729, kNan), &input);
  EXPECT_EQ(RankChildren(small.space, input, nullptr).status().code(), Code::kFailedPrecondition);
}

}  // namespace
}  // namespace nasshrink::run
