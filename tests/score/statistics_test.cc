#include "score/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "angle_fixture.h"
#include "base/random.h"
#include "score/fusion.h"
#include "score/ranking.h"
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
    EXPECT_EQ(pairs.tied_in_first, expected["pairs"]["tied_in_score"].get<uint64_t>());
    EXPECT_EQ(pairs.tied_in_second, expected["pairs"]["tied_in_truth"].get<uint64_t>());
    EXPECT_NEAR(score::Spearman(scores, truth), tests::Number(expected["spearman"]), 1e-12);
    const score::Ranking ranking = score::RankingOf(scores, truth, tests::Numbers(given["third"]));
    EXPECT_NEAR(ranking.tau_b.value, tests::Number(expected["tau_b"]), 1e-12);
    EXPECT_NEAR(ranking.spearman.value, tests::Number(expected["spearman"]), 1e-12);
    EXPECT_NEAR(ranking.tau_top_half.value, tests::Number(expected["tau_top_half"]), 1e-12);
    EXPECT_NEAR(ranking.tau_equal.value, tests::Number(expected["tau_equal_third"]), 1e-12);
    EXPECT_EQ(ranking.regret, expected["regret"].get<double>());
    const auto top = score::LargestOf(truth, (truth.size() + 99) / 100);
    const auto subset = given["subset"].get<std::vector<size_t>>();
    std::vector<size_t> kept;
    std::set_intersection(top.begin(), top.end(), subset.begin(), subset.end(), std::back_inserter(kept));
    EXPECT_NEAR(static_cast<double>(kept.size()) / static_cast<double>(top.size()),
                tests::Number(expected["top1pct_survival"]), 1e-12);
  }
}

// Whole numbers from few, so that there are ties of every kind.
std::vector<double> Draws(uint64_t number, size_t count, uint32_t values) {
  base::Philox random(7, base::Purpose::kScore, number);
  std::vector<double> draws;
  for (size_t at = 0; at < count; ++at) draws.push_back(static_cast<double>(random.Below(values)) - 3);
  return draws;
}

std::vector<double> Without(std::vector<double> values, size_t at) {
  values.erase(values.begin() + static_cast<ptrdiff_t>(at));
  return values;
}

// By the definition, pair by pair.
score::PairCounts PairByPair(const std::vector<double>& first, const std::vector<double>& second) {
  score::PairCounts pairs;
  for (size_t i = 0; i < first.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const double product = (first[i] - first[j]) * (second[i] - second[j]);
      ++pairs.all;
      if (product > 0) ++pairs.concordant;
      if (product < 0) ++pairs.discordant;
      if (first[i] == first[j]) ++pairs.tied_in_first;
      if (second[i] == second[j]) ++pairs.tied_in_second;
    }
  }
  return pairs;
}

void ExpectSame(double value, double expected) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(value));
  } else {
    EXPECT_NEAR(value, expected, 1e-12);
  }
}

TEST(Statistics, LeavingOutOneChildIsComputingWithoutIt) {
  for (uint64_t number = 0; number < 60; ++number) {
    const size_t size = 2 + number / 2;
    const auto first = Draws(3 * number, size, 2 + static_cast<uint32_t>(number) % 11);
    const auto second = Draws(3 * number + 1, size, 2 + static_cast<uint32_t>(number) % 7);
    const auto third = Draws(3 * number + 2, size, 3);
    const auto pairs = PairByPair(first, second);
    const auto counted = score::CountPairs(first, second);
    EXPECT_EQ(counted.concordant, pairs.concordant);
    EXPECT_EQ(counted.discordant, pairs.discordant);
    const auto tau = score::JackknifedTauB(first, second);
    const auto spearman = score::JackknifedSpearman(first, second);
    const auto equal = score::JackknifedTauAmongEqual(first, second, third);
    ExpectSame(tau.value, score::KendallTauB(pairs));
    ExpectSame(spearman.value, score::Spearman(first, second));
    for (size_t at = 0; at < size; ++at) {
      const auto a = Without(first, at);
      const auto b = Without(second, at);
      ExpectSame(tau.without[at], score::KendallTauB(PairByPair(a, b)));
      ExpectSame(spearman.without[at], score::Spearman(a, b));
      ExpectSame(equal.without[at], score::JackknifedTauAmongEqual(a, b, Without(third, at)).value);
    }
  }
}

// Pairs of one normal variable and itself plus noise of the same size: tau is 2 / pi * asin(1 / sqrt(2)) = 1/2.
TEST(Statistics, IntervalsHoldTheTruthAsOftenAsTheySay) {
  size_t tau_inside = 0;
  size_t difference_inside = 0;
  constexpr size_t kSamples = 400;
  for (size_t sample = 0; sample < kSamples; ++sample) {
    base::Philox random(11, base::Purpose::kScore, sample);
    std::vector<double> truth;
    std::vector<double> score;
    std::vector<double> other;
    for (size_t at = 0; at < 80; ++at) {
      truth.push_back(random.Normal());
      score.push_back(truth.back() + random.Normal());
      other.push_back(truth.back() + random.Normal());
    }
    const auto tau = score::JackknifedTauB(score, truth);
    const auto interval = score::Interval95(tau, -1, 1);
    tau_inside += interval.low <= 0.5 && 0.5 <= interval.high ? 1 : 0;
    const auto difference = score::Difference(tau, score::JackknifedTauB(other, truth));
    const auto around = score::Interval95(difference, -2, 2);
    difference_inside += around.low <= 0 && 0 <= around.high ? 1 : 0;
  }
  // 380 expected, with a standard deviation of 4.4.
  EXPECT_NEAR(static_cast<double>(tau_inside), 380, 18);
  EXPECT_NEAR(static_cast<double>(difference_inside), 380, 18);
}

TEST(Statistics, TooFewChildrenHaveNoInterval) {
  EXPECT_TRUE(std::isnan(score::Interval95(score::JackknifedTauB({1, 2}, {1, 2}), -1, 1).low));
  EXPECT_TRUE(std::isnan(score::Interval95(score::JackknifedTauB({1, 1, 1, 1}, {1, 2, 3, 4}), -1, 1).high));
}

TEST(Statistics, RanksShareTheMiddleAndOrderEveryNumber) {
  const double infinity = std::numeric_limits<double>::infinity();
  const auto ranks = score::RankDensely({0.0, -infinity, 1e-300, -0.0, infinity, -2.5, 1e300});
  EXPECT_EQ(ranks.rank, std::vector<uint32_t>({2, 0, 3, 2, 5, 1, 4}));
  EXPECT_EQ(score::MidRanks(ranks), std::vector<double>({3.5, 1, 5, 3.5, 7, 2, 6}));
}

TEST(Ranking, RegretOfASharedFirstPlaceIsThatOfADrawAmongThem) {
  EXPECT_EQ(score::RankingOf({5, 5, 1}, {90, 80, 94}, {0, 0, 0}).regret, 9);
}

TEST(Fusion, LogRanksPunishOnePoorRankMore) {
  const std::vector<std::vector<double>> columns = {{1, 2, 3, 4}, {40, 20, 30, 10}};
  EXPECT_EQ(score::Fuse(columns, score::Fusion::kRankSum), std::vector<double>({5, 4, 6, 5}));
  const auto fused = score::Fuse(columns, score::Fusion::kLogRank);
  EXPECT_NEAR(fused[0], std::log(1.0 / 4 * 4 / 4), 1e-15);
  EXPECT_NEAR(fused[2], std::log(3.0 / 4 * 3 / 4), 1e-15);
  EXPECT_EQ(*score::FusionFromName("rank-sum"), score::Fusion::kRankSum);
  EXPECT_NE(score::FusionFromName("mean").status().message().find("rank_sum or log_rank"), std::string::npos);
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
