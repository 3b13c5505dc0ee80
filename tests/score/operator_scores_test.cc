// Operator scores against enumeration by hand (fixtures) and the NAS-Bench-201 truth.
#include "score/operator_scores.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "angle_fixture.h"
#include "chain_space.h"
#include "shared_file.h"
#include "space/presets.h"

namespace nasshrink {
namespace {

using score::Aggregation;
using score::BlockScorer;
using score::OperatorScoring;
using tests::Json;

constexpr Aggregation kAggregations[] = {Aggregation::kMean, Aggregation::kUpperTail, Aggregation::kMedian};

BlockScorer LookUp(const std::map<space::Architecture, double>& scores, size_t choices) {
  return [&scores, choices](const uint32_t* candidates, size_t count, double* out) -> base::Status {
    for (size_t row = 0; row < count; ++row) {
      out[row] = scores.at({candidates + row * choices, candidates + (row + 1) * choices});
    }
    return {};
  };
}

// Compares all three aggregations with a fixture's rows (choice, code, children, mean, tail, median).
void ExpectScores(const space::Space& space, const BlockScorer& scorer, const Json& expected) {
  for (size_t which = 0; which < 3; ++which) {
    OperatorScoring scoring;
    scoring.aggregation = kAggregations[which];
    const auto scores = score::ScoreOperators(space, scorer, scoring);
    ASSERT_TRUE(scores.ok()) << scores.status().message();
    EXPECT_TRUE(scores->exact());
    EXPECT_EQ(scores->children_fingerprint(), space.children_fingerprint);
    ASSERT_EQ(static_cast<size_t>(scores->scores_size()), expected.size());
    for (const Json& row : expected) {
      const auto found =
          std::find_if(scores->scores().begin(), scores->scores().end(), [&](const v1::OperatorScore& score) {
            return score.choice() == row[0].get<uint32_t>() &&
                   space.choices[score.choice()].candidates[score.candidate()].code == row[1];
          });
      ASSERT_NE(found, scores->scores().end()) << row;
      const double value = tests::Number(row[which + 3]);
      EXPECT_NEAR(found->score(), value, 1e-12 * std::abs(value)) << row << " column " << which;
      EXPECT_EQ(found->children(), row[2].get<uint64_t>());
      EXPECT_EQ(found->standard_error(), 0);
    }
  }
}

TEST(OperatorScoresFixture, SmallSpacesAgree) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/operator_scores.json");
  size_t compared = 0;
  for (const Json& given : tests::CasesOf(path)) {
    if (given["kind"] != "given_child_scores") continue;
    SCOPED_TRACE(given["name"].get<std::string>());
    const auto space = tests::ChainSpace(given["alive"].get<std::vector<std::vector<int>>>());
    std::map<space::Architecture, double> scores;
    for (const Json& row : given["child_scores"]) {
      scores[tests::ChildOf(space, tests::Codes(row[0]))] = tests::Number(row[1]);
    }
    ExpectScores(space, LookUp(scores, space.choices.size()), given["expected"]);
    ++compared;
  }
  EXPECT_EQ(compared, 3U);
}

TEST(OperatorScoresFixture, AnglesOfASupernetAgree) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/operator_scores.json");
  NASSHRINK_SHARED_OR_SKIP(angles_path, "fixtures/angle_nb201.json");
  const space::Space space = *space::Preset("nas-bench-201", {});
  const Json supernet = tests::CasesOf(angles_path)[0];
  ASSERT_EQ(supernet["name"], "tiny");
  const auto scorer = score::AngleScorer::Make(space, tests::CellTable(supernet["scalars"]), {});
  for (const Json& given : tests::CasesOf(path)) {
    if (given["kind"] != "angles_of_all_children") continue;
    ExpectScores(space, score::AngleBlocks(*scorer), given["expected"]);
  }
}

std::vector<std::string> Lines(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  std::vector<std::string> lines;
  char line[4096];
  while (gzgets(file, line, sizeof line) != nullptr) lines.emplace_back(line);
  gzclose(file);
  return lines;
}

// "|nor_conv_3x3~0|+|none~0|...": operator names in edge order.
std::vector<int> CellCodes(const std::string& text) {
  const char* names[] = {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"};
  std::vector<int> codes;
  for (size_t end = text.find('~'); end != std::string::npos; end = text.find('~', end + 1)) {
    const std::string name = text.substr(text.rfind('|', end) + 1, end - text.rfind('|', end) - 1);
    codes.push_back(static_cast<int>(std::find(names, names + 5, name) - names));
  }
  return codes;
}

TEST(OperatorScoresFixture, BenchmarkTruthAgrees) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/operator_scores.json");
  NASSHRINK_SHARED_OR_SKIP(truth_path, "data/nasbench201/nasbench201.csv.gz");
  const space::Space space = *space::Preset("nas-bench-201", {});
  std::map<space::Architecture, double> truth;
  const std::vector<std::string> lines = Lines(truth_path);
  for (size_t at = 1; at < lines.size(); ++at) {
    std::istringstream fields(lines[at]);
    std::vector<std::string> values;
    for (std::string field; std::getline(fields, field, ',');) values.push_back(field);
    truth[tests::ChildOf(space, CellCodes(values[1]))] = std::stod(values[4]);
  }
  ASSERT_EQ(truth.size(), 15'625U);
  for (const Json& given : tests::CasesOf(path)) {
    if (given["kind"] != "benchmark_truth") continue;
    ExpectScores(space, LookUp(truth, 6), given["expected"]);
  }
}

// A child's score that anyone can work out: the sum of its candidates' indices, each choice weighing more.
base::Status WeightedSum(const uint32_t* candidates, size_t count, double* scores) {
  for (size_t row = 0; row < count; ++row) {
    scores[row] = 0;
    for (size_t choice = 0; choice < 6; ++choice) {
      scores[row] += std::sqrt(static_cast<double>(choice + 1)) * candidates[row * 6 + choice];
    }
  }
  return {};
}

TEST(OperatorScores, SampledScoresApproachTheExactOnes) {
  const space::Space space = *space::Preset("nas-bench-201", {});
  for (const Aggregation aggregation : kAggregations) {
    OperatorScoring scoring;
    scoring.aggregation = aggregation;
    const auto exact = score::ScoreOperators(space, WeightedSum, scoring);
    scoring.enumerate_up_to = 100;
    scoring.samples_per_operator = 4000;
    scoring.seed = 5;
    const auto sampled = score::ScoreOperators(space, WeightedSum, scoring);
    EXPECT_FALSE(sampled->exact());
    for (int at = 0; at < 30; ++at) {
      const v1::OperatorScore& score = sampled->scores(at);
      EXPECT_EQ(score.candidate(), exact->scores(at).candidate());
      EXPECT_EQ(score.children(), 4000U);
      EXPECT_GT(score.standard_error(), 0);
      EXPECT_LT(score.standard_error(), 0.4);
      EXPECT_NEAR(score.score(), exact->scores(at).score(), 4.5 * score.standard_error() + 1e-9);
    }
  }
}

// Over many seeds, scores lie within their standard errors as often as a normal error does, and so do their margins.
TEST(OperatorScores, ErrorsAreAsLargeAsTheySay) {
  const space::Space space = *space::Preset("nas-bench-201", {});
  for (const score::Sampling sampling : {score::Sampling::kIndependent, score::Sampling::kSwap}) {
    for (const Aggregation aggregation : {Aggregation::kMean, Aggregation::kUpperTail}) {
      OperatorScoring scoring;
      scoring.aggregation = aggregation;
      const auto truth = score::ScoreOperators(space, WeightedSum, scoring);
      scoring.enumerate_up_to = 1;
      scoring.samples_per_operator = 800;
      scoring.sampling = sampling;
      size_t scores_inside = 0;
      size_t margins_inside = 0;
      for (uint64_t seed = 0; seed < 100; ++seed) {
        scoring.seed = seed;
        const auto sampled = score::ScoreOperators(space, WeightedSum, scoring);
        // Two operators of one choice, of which the second is always the best.
        const v1::OperatorScore& low = sampled->scores(26);
        const v1::OperatorScore& best = sampled->scores(29);
        scores_inside += std::abs(low.score() - truth->scores(26).score()) < 1.96 * low.standard_error() ? 1 : 0;
        const double margin = truth->scores(29).score() - truth->scores(26).score();
        margins_inside += std::abs(best.score() - low.score() - margin) < 1.96 * low.margin_error() + 1e-9 ? 1 : 0;
        EXPECT_EQ(best.margin_error(), 0);
      }
      // 95 expected, with a standard deviation of 2.2; the error of a tail mean is known less well, and under common
      // draws all children of this score differ by the same.
      EXPECT_GE(scores_inside, 86U) << static_cast<int>(aggregation);
      EXPECT_GE(margins_inside, 86U) << static_cast<int>(sampling) << static_cast<int>(aggregation);
    }
  }
}

// A sum in which two neighbouring choices help each other, so that what an operator adds differs from child to child.
base::Status PairedSum(const uint32_t* candidates, size_t count, double* scores) {
  for (size_t row = 0; row < count; ++row) {
    const uint32_t* child = candidates + row * 6;
    scores[row] = 0;
    for (size_t choice = 0; choice < 6; ++choice)
      scores[row] += child[choice] + 0.2 * child[choice] * child[(choice + 1) % 6];
  }
  return {};
}

TEST(OperatorScores, CommonDrawsMakeDifferencesSurer) {
  const space::Space space = *space::Preset("nas-bench-201", {});
  OperatorScoring scoring;
  scoring.enumerate_up_to = 1;
  scoring.samples_per_operator = 500;
  const auto independent = score::ScoreOperators(space, PairedSum, scoring);
  scoring.sampling = score::Sampling::kSwap;
  const auto swapped = score::ScoreOperators(space, PairedSum, scoring);
  const auto exact = score::ScoreOperators(space, PairedSum, {});
  for (int at = 0; at < 30; ++at) {
    EXPECT_NEAR(swapped->scores(at).score(), exact->scores(at).score(), 4.5 * swapped->scores(at).standard_error());
    if (at % 5 == 4) continue;
    EXPECT_LT(swapped->scores(at).margin_error(), 0.4 * independent->scores(at).margin_error());
    const double margin = exact->scores(at / 5 * 5 + 4).score() - exact->scores(at).score();
    EXPECT_NEAR(swapped->scores(at / 5 * 5 + 4).score() - swapped->scores(at).score(), margin,
                4.5 * swapped->scores(at).margin_error());
  }
}

TEST(OperatorScores, BalancedChildrenServeEveryOperatorEquallyOften) {
  const space::Space space = tests::ChainSpace({{0, 1, 2, 3, 4}, {0, 1}, {0, 1, 2, 3, 4}, {7}});
  OperatorScoring scoring;
  scoring.enumerate_up_to = 1;
  scoring.samples_per_operator = 400;
  scoring.sampling = score::Sampling::kBalanced;
  std::map<space::Architecture, size_t> seen;
  const BlockScorer record = [&](const uint32_t* candidates, size_t count, double* scores) {
    for (size_t row = 0; row < count; ++row) {
      ++seen[{candidates + row * 4, candidates + row * 4 + 4}];
      scores[row] = candidates[row * 4] + 10.0 * candidates[row * 4 + 1];
    }
    return base::Status();
  };
  const auto scores = score::ScoreOperators(space, record, scoring);
  ASSERT_TRUE(scores.ok()) << scores.status().message();
  const std::vector<uint64_t> children = {400, 400, 400, 400, 400, 1000, 1000, 400, 400, 400, 400, 400, 2000};
  for (int at = 0; at < scores->scores_size(); ++at) {
    EXPECT_EQ(scores->scores(at).children(), children[static_cast<size_t>(at)]);
  }
  EXPECT_EQ(scores->scores(12).score(), 2 + 5);
  EXPECT_NEAR(scores->scores(3).score(), 3 + 5, 4 * scores->scores(3).standard_error());
  EXPECT_EQ(seen.size(), 50U);
  double chi_square = 0;
  for (const auto& [child, times] : seen) chi_square += std::pow(static_cast<double>(times) - 40, 2) / 40;
  EXPECT_LT(chi_square, 85.4);  // 49 degrees of freedom, p = 0.001
}

TEST(OperatorScores, SamplesGrowUntilTheyDecide) {
  const space::Space space = *space::Preset("nas-bench-201", {});
  OperatorScoring scoring;
  scoring.enumerate_up_to = 1;
  scoring.samples_per_operator = 8;
  scoring.significance = 3;
  scoring.max_samples_per_operator = 5000;
  for (const score::Sampling sampling :
       {score::Sampling::kIndependent, score::Sampling::kSwap, score::Sampling::kBalanced}) {
    scoring.sampling = sampling;
    const auto scores = score::ScoreOperators(space, PairedSum, scoring);
    EXPECT_GT(scores->scores(0).children(), sampling == score::Sampling::kSwap ? 7U : 8U);
    EXPECT_LT(scores->scores(0).children(), 5000U);
    for (int at = 0; at < 30; ++at) {
      if (scores->scores(at).margin_error() == 0) continue;
      EXPECT_GT(scores->scores(at / 5 * 5 + 4).score() - scores->scores(at).score(),
                3 * scores->scores(at).margin_error());
    }
    // The same draws as if they had been asked for at once.
    OperatorScoring at_once = scoring;
    at_once.significance = 0;
    at_once.samples_per_operator = static_cast<uint32_t>(scores->scores(0).children());
    EXPECT_EQ(score::ScoreOperators(space, PairedSum, at_once)->SerializeAsString(), scores->SerializeAsString());
  }
  scoring.max_samples_per_operator = 20;
  EXPECT_EQ(score::ScoreOperators(space, PairedSum, scoring)->scores(0).children(), 20U);
}

TEST(OperatorScores, SampledChildrenAllContainTheOperatorAndAreUniform) {
  const space::Space space = tests::ChainSpace({{0, 1, 2}, {0, 1}, {0, 1, 2, 3}});
  OperatorScoring scoring;
  scoring.enumerate_up_to = 1;
  scoring.samples_per_operator = 6000;
  std::vector<std::map<space::Architecture, size_t>> seen(9);
  size_t next = 0;
  const BlockScorer record = [&](const uint32_t* candidates, size_t count, double* scores) {
    for (size_t row = 0; row < count; ++row, ++next) {
      ++seen[next / 6000][{candidates + row * 3, candidates + row * 3 + 3}];
      scores[row] = 1;
    }
    return base::Status();
  };
  ASSERT_TRUE(score::ScoreOperators(space, record, scoring).ok());
  for (size_t at = 0; at < 3; ++at) {
    EXPECT_EQ(seen[at].size(), 8U);
    double chi_square = 0;
    for (const auto& [child, times] : seen[at]) {
      EXPECT_EQ(child[0], at);
      chi_square += std::pow(static_cast<double>(times) - 750, 2) / 750;
    }
    EXPECT_LT(chi_square, 24.3);  // 7 degrees of freedom, p = 0.001
  }
}

TEST(OperatorScores, WorkersAndBlocksChangeNothing) {
  const space::Space space = *space::Preset("nas-bench-201", {});
  for (const uint64_t enumerate_up_to : {uint64_t{100}, uint64_t{1'000'000}}) {
    std::set<std::string> results;
    for (const auto& [workers, block] :
         std::vector<std::pair<uint32_t, size_t>>{{1, 4096}, {1, 7}, {3, 64}, {4, 100'000}}) {
      base::WorkerPool pool(workers);
      OperatorScoring scoring;
      scoring.enumerate_up_to = enumerate_up_to;
      scoring.block = block;
      scoring.pool = &pool;
      results.insert(score::ScoreOperators(space, WeightedSum, scoring)->SerializeAsString());
    }
    EXPECT_EQ(results.size(), 1U);
  }
}

TEST(OperatorScores, FailedChildrenAreLeftOut) {
  const space::Space space = tests::ChainSpace({{0, 1}, {0, 1}});
  const BlockScorer scorer = [](const uint32_t* candidates, size_t count, double* scores) {
    for (size_t row = 0; row < count; ++row) {
      const bool failed = candidates[2 * row] == 0 || candidates[2 * row + 1] == 0;
      scores[row] = failed ? std::numeric_limits<double>::quiet_NaN() : 3;
    }
    return base::Status();
  };
  const auto scores = score::ScoreOperators(space, scorer, {});
  EXPECT_EQ(scores->scores(1).score(), 3);
  EXPECT_EQ(scores->scores(1).children(), 1U);
  EXPECT_TRUE(std::isnan(scores->scores(0).score()));
  EXPECT_EQ(scores->scores(0).children(), 0U);
}

TEST(OperatorScores, CancelAndErrorsOfTheFunctionEndScoring) {
  const space::Space space = *space::Preset("nas-bench-201", {});
  base::Cancel cancel;
  OperatorScoring scoring;
  scoring.block = 1000;
  scoring.cancel = &cancel;
  uint64_t last = 0;
  scoring.progress = [&](uint64_t done, uint64_t total) {
    EXPECT_EQ(total, 15'625U);
    last = done;
    if (done >= 3000) cancel.Trigger();
  };
  EXPECT_EQ(score::ScoreOperators(space, WeightedSum, scoring).status().code(), base::Code::kCancelled);
  EXPECT_EQ(last, 3000U);
  const BlockScorer broken = [](const uint32_t*, size_t, double*) {
    return base::Status(base::Code::kUnavailable, "no supernet");
  };
  EXPECT_EQ(score::ScoreOperators(space, broken, {}).status().message(), "no supernet");
}

TEST(OperatorScores, UnknownSamplingIsRefused) {
  EXPECT_EQ(*score::SamplingFromName("swap"), score::Sampling::kSwap);
  EXPECT_NE(score::SamplingFromName("peer").status().message().find("independent, swap or balanced"),
            std::string::npos);
}

TEST(OperatorScores, UnknownAggregationIsRefused) {
  EXPECT_EQ(*score::AggregationFromName(""), Aggregation::kMean);
  EXPECT_EQ(*score::AggregationFromName("upper_tail"), Aggregation::kUpperTail);
  const auto status = score::AggregationFromName("max").status();
  EXPECT_EQ(status.code(), base::Code::kInvalidArgument);
  EXPECT_NE(status.message().find("mean, upper_tail or median"), std::string::npos);
}

}  // namespace
}  // namespace nasshrink
