// SE-NAS's operator scores: the fixture, numbers worked out by hand, and denominators that vanish.
#include "shrink/se_nas.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "score/angle_fixture.h"
#include "score/chain_space.h"
#include "shared_file.h"
#include "shrink/abs.h"
#include "shrink/rule.h"

namespace nasshrink {
namespace {

using shrink::Combination;
using shrink::ScoredOperator;
using tests::Json;

const std::map<std::string, Combination> kCombinations = {{"times_sd", Combination::kTimesSd},
                                                          {"signed_ratio", Combination::kSignedRatio},
                                                          {"ratio_of_means", Combination::kRatioOfMeans},
                                                          {"si_only", Combination::kSiOnly},
                                                          {"literal", Combination::kLiteral}};

// Importance as the mean accuracy of the children with the operator.
v1::ShrinkInput ImportancesOf(const space::Space& space, const Json& children) {
  v1::ShrinkInput input;
  input.mutable_scores()->set_children_fingerprint(space.children_fingerprint);
  for (uint32_t choice = 0; choice < space.choices.size(); ++choice) {
    for (uint32_t candidate = 0; candidate < space.choices[choice].candidates.size(); ++candidate) {
      double sum = 0;
      double count = 0;
      for (const Json& child : children) {
        if (tests::Codes(child[0])[choice] != space.choices[choice].candidates[candidate].code) continue;
        sum += tests::Number(child[1]);
        ++count;
      }
      v1::OperatorScore* score = input.mutable_scores()->add_scores();
      score->set_choice(choice);
      score->set_candidate(candidate);
      score->set_score(sum / count);
    }
  }
  return input;
}

v1::ShrinkRule SeNas(const std::string& combination, uint32_t drop) {
  v1::ShrinkRule rule;
  rule.mutable_se_nas()->set_drop(drop);
  rule.mutable_se_nas()->set_combination(combination);
  return rule;
}

TEST(SeNasFixture, ScoresAndDropsAgree) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/senas_eq7.json");
  size_t compared = 0;
  for (const Json& given : tests::CasesOf(path)) {
    if (given["kind"] != "scores") continue;
    const auto space = tests::ChainSpace(given["alive"].get<std::vector<std::vector<int>>>());
    const v1::ShrinkInput input = ImportancesOf(space, given["children"]);
    const auto importances = *shrink::MatchScores(space, input.scores());
    const Json& expected = given["expected"]["confidence_mean_over_operators"];
    for (const auto& [name, combination] : kCombinations) {
      SCOPED_TRACE(given["name"].get<std::string>() + " " + name);
      const auto combined = shrink::Combine(importances, combination);
      for (size_t at = 0; at < given["operators"].size(); ++at) {
        const auto found = std::find_if(combined.begin(), combined.end(), [&](const ScoredOperator& scored) {
          return scored.choice == given["operators"][at][0] && scored.code == given["operators"][at][1];
        });
        ASSERT_NE(found, combined.end());
        const double value = tests::Number(expected["scores"][name][at]);
        EXPECT_NEAR(found->score, value, 1e-9 * std::abs(value)) << given["operators"][at];
        ++compared;
      }
      const auto shrunk = shrink::ApplyRule(space, input, SeNas(name, expected["k"]));
      ASSERT_TRUE(shrunk.ok()) << shrunk.status().message();
      Json drops = Json::array();
      for (const v1::OperatorRef& drop : shrunk->edits.drop()) {
        drops.push_back({drop.choice(), space.choices[drop.choice()].candidates[drop.candidate()].code});
      }
      EXPECT_EQ(drops, expected["drops"][name]);
    }
  }
  EXPECT_GT(compared, 100U);
}

// Choice 0: 80 and 90, variance 25; choice 1: 84 and 86, variance 1; choice 2 has one operator and counts nowhere.
std::vector<ScoredOperator> ByHand() {
  return {{0, 0, 0, 80, 10, 0.5}, {0, 1, 1, 90, 0, 0}, {1, 0, 0, 84, 2, 0.5}, {1, 1, 1, 86, 0, 0}, {2, 0, 0, 20, 0, 0}};
}

TEST(SeNas, CombinationsByHand) {
  const double sd = std::sqrt(25.0 / 13);
  const double small_sd = std::sqrt(1.0 / 13);
  const std::map<Combination, std::vector<double>> expected = {
      {Combination::kTimesSd, {-0.5 * sd, 0.5 * sd, -0.1 * small_sd, 0.1 * small_sd}},
      {Combination::kSignedRatio, {-0.5 * 13 / 25, 0.5 * 13 / 25, -0.1 * 13, 0.1 * 13}},
      {Combination::kRatioOfMeans, {80.0 / 85 * 13 / 25, 90.0 / 85 * 13 / 25, 84.0 / 85 * 13, 86.0 / 85 * 13}},
      {Combination::kSiOnly, {80, 90, 84, 86}},
      {Combination::kLiteral, {-0.5 / 0.5, 0.5 / 0.5, -0.1 / -0.5, 0.1 / -0.5}}};
  for (const auto& [combination, scores] : expected) {
    const auto combined = shrink::Combine(ByHand(), combination);
    for (size_t at = 0; at < scores.size(); ++at) EXPECT_NEAR(combined[at].score, scores[at], 1e-12) << at;
    EXPECT_EQ(combined[4].score, 20);
  }
}

TEST(SeNas, ErrorsAreScaledWithTheScores) {
  const auto combined = shrink::Combine(ByHand(), Combination::kTimesSd);
  EXPECT_NEAR(combined[0].margin / combined[0].margin_error, 20, 1e-9);
  EXPECT_NEAR(combined[2].margin / combined[2].margin_error, 4, 1e-9);
  EXPECT_EQ(shrink::AbsDrops(combined, 2, 5).size(), 1U);
  EXPECT_EQ(shrink::AbsDrops(combined, 2, 3).size(), 2U);
}

TEST(SeNas, VanishingDenominatorsGiveNumbers) {
  // All equal; one choice without any spread; a choice of exactly the mean confidence.
  const std::vector<std::vector<ScoredOperator>> cases = {
      {{0, 0, 0, 50, 0, 0}, {0, 1, 1, 50, 0, 0}, {1, 0, 0, 50, 0, 0}, {1, 1, 1, 50, 0, 0}},
      {{0, 0, 0, 50, 0, 0}, {0, 1, 1, 50, 0, 0}, {1, 0, 0, 40, 0, 0}, {1, 1, 1, 60, 0, 0}},
      {{0, 0, 0, 40, 0, 0}, {0, 1, 1, 60, 0, 0}, {1, 0, 0, 40, 0, 0}, {1, 1, 1, 60, 0, 0}},
      {{0, 0, 0, 7, 0, 0}},
      {}};
  for (const auto& operators : cases) {
    for (const auto& [name, combination] : kCombinations) {
      for (const ScoredOperator& scored : shrink::Combine(operators, combination)) {
        EXPECT_TRUE(std::isfinite(scored.score)) << name;
      }
    }
  }
}

TEST(SeNas, UnknownCombinationsAreNamed) {
  const auto space = tests::ChainSpace({{0, 1}});
  const auto status = shrink::ApplyRule(space, {}, SeNas("product", 1)).status();
  EXPECT_EQ(status.details().field, "se_nas.combination");
  EXPECT_NE(status.message().find("times_sd, signed_ratio"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace nasshrink
