#include "score/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "angle_fixture.h"
#include "shared_file.h"

namespace nasshrink {
namespace {

using tests::Json;

TEST(StatisticsFixture, RankCorrelationsAgree) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/tau.json");
  for (const Json& given : tests::CasesOf(path)) {
    const std::vector<double> scores = tests::Numbers(given["score"]);
    const std::vector<double> truth = tests::Numbers(given["truth"]);
    const Json& expected = given["expected"];
    const score::PairCounts pairs = score::CountPairs(scores, truth);
    EXPECT_EQ(pairs.concordant, expected["pairs"]["concordant"].get<uint64_t>());
    EXPECT_EQ(pairs.discordant, expected["pairs"]["discordant"].get<uint64_t>());
    EXPECT_EQ(pairs.all, expected["pairs"]["all"].get<uint64_t>());
    EXPECT_NEAR(score::KendallTauB(scores, truth), tests::Number(expected["tau_b"]), 1e-12);
    EXPECT_NEAR(score::Spearman(scores, truth), tests::Number(expected["spearman"]), 1e-12);
  }
}

TEST(Statistics, ConstantScoresHaveNoCorrelation) {
  EXPECT_TRUE(std::isnan(score::KendallTauB({1, 1, 1}, {1, 2, 3})));
  EXPECT_TRUE(std::isnan(score::Spearman({1, 2, 3}, {5, 5, 5})));
  EXPECT_TRUE(std::isnan(score::KendallTauB({1}, {1})));
}

TEST(Statistics, PerfectAndReversedOrders) {
  EXPECT_EQ(score::KendallTauB({1, 2, 3, 4, 5}, {10, 20, 30, 40, 50}), 1);
  EXPECT_EQ(score::KendallTauB({1, 2, 3, 4, 5}, {5, 4, 3, 2, 1}), -1);
  EXPECT_NEAR(score::Spearman({1, 2, 3, 4, 5}, {5, 4, 3, 2, 1}), -1, 1e-15);
}

}  // namespace
}  // namespace nasshrink
