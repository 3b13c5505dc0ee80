// Shrinking rules: the published walk on fixtures, what survives, what is refused.
#include "shrink/rule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "score/angle_fixture.h"
#include "score/chain_space.h"
#include "shared_file.h"
#include "space/count.h"
#include "space/edits.h"
#include "space/presets.h"

namespace nasshrink {
namespace {

using tests::Json;

v1::ShrinkRule Abs(uint32_t drop) {
  v1::ShrinkRule rule;
  rule.mutable_abs()->set_drop(drop);
  return rule;
}

v1::ShrinkRule PerChoice(uint32_t drop) {
  v1::ShrinkRule rule;
  rule.mutable_per_choice()->set_drop(drop);
  return rule;
}

// Scores by (choice, code), for every alive operator.
v1::ShrinkInput InputOf(const space::Space& space, const Json& scores) {
  v1::ShrinkInput input;
  input.mutable_scores()->set_children_fingerprint(space.children_fingerprint);
  for (const Json& row : scores) {
    const auto& candidates = space.choices[row[0].get<size_t>()].candidates;
    v1::OperatorScore* score = input.mutable_scores()->add_scores();
    score->set_choice(row[0]);
    for (uint32_t at = 0; at < candidates.size(); ++at) {
      if (candidates[at].code == row[1]) score->set_candidate(at);
    }
    score->set_score(tests::Number(row[2]));
  }
  return input;
}

Json DropsOf(const space::Space& space, const shrink::Shrunk& shrunk) {
  Json drops = Json::array();
  for (const v1::OperatorRef& drop : shrunk.edits.drop()) {
    drops.push_back({drop.choice(), space.choices[drop.choice()].candidates[drop.candidate()].code});
  }
  return drops;
}

TEST(ShrinkFixture, WalksAgree) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/operator_scores.json");
  size_t walks = 0;
  for (const Json& given : tests::CasesOf(path)) {
    if (given["kind"] != "abs_walk") continue;
    SCOPED_TRACE(given["name"].get<std::string>());
    const auto space = tests::ChainSpace(given["alive"].get<std::vector<std::vector<int>>>());
    const v1::ShrinkInput input = InputOf(space, given["scores"]);
    for (const Json& expected : given["expected"]) {
      const auto shrunk = shrink::ApplyRule(space, input, Abs(expected["k"]));
      ASSERT_TRUE(shrunk.ok()) << shrunk.status().message();
      EXPECT_EQ(DropsOf(space, *shrunk), expected["drops"]) << expected["k"];
      EXPECT_EQ(space::Children(shrunk->space), expected["children_left"].get<uint64_t>());
      ++walks;
    }
    const auto one = shrink::ApplyRule(space, input, PerChoice(1));
    EXPECT_EQ(DropsOf(space, *one), given["one_per_choice"]);
  }
  EXPECT_GT(walks, 35U);
}

space::Space Small() { return tests::ChainSpace({{0, 1, 2}, {5}, {0, 1, -1}}); }

v1::ShrinkInput SmallInput(const space::Space& space) {
  return InputOf(space, Json::parse(R"([[0, 0, 3], [0, 1, 1], [0, 2, 2], [1, 5, 0],
                                        [2, 0, 9], [2, 1, 8], [2, -1, 7]])"));
}

TEST(Shrink, EveryChoiceKeepsItsBestHoweverMuchIsDropped) {
  const space::Space space = Small();
  for (const v1::ShrinkRule& rule : {Abs(1000), PerChoice(1000)}) {
    const auto shrunk = shrink::ApplyRule(space, SmallInput(space), rule);
    EXPECT_EQ(shrunk->space.choices[0].alive, std::vector<uint32_t>({0}));
    EXPECT_EQ(shrunk->space.choices[1].alive, std::vector<uint32_t>({0}));
    EXPECT_EQ(shrunk->space.choices[2].alive, std::vector<uint32_t>({0}));
    EXPECT_EQ(shrunk->dropped.size(), 4U);
  }
}

TEST(Shrink, DroppedScoresAndEditsDescribeTheNewSpace) {
  const space::Space space = Small();
  const auto shrunk = shrink::ApplyRule(space, SmallInput(space), Abs(3));
  ASSERT_TRUE(shrunk.ok());
  EXPECT_EQ(shrunk->dropped[0].score(), 1);
  EXPECT_EQ(shrunk->dropped[1].score(), 2);
  EXPECT_EQ(shrunk->dropped[2].score(), 7);
  EXPECT_EQ(shrunk->space.root_fingerprint, space.root_fingerprint);
  EXPECT_NE(shrunk->space.children_fingerprint, space.children_fingerprint);
  const auto edited = space::ApplyEdits(space, shrunk->edits);
  ASSERT_TRUE(edited.ok()) << edited.status().message();
  EXPECT_EQ(space::CanonicalBytes(*edited), space::CanonicalBytes(shrunk->space));
}

TEST(Shrink, ScoresOfAnotherSpaceAreRefused) {
  const space::Space space = Small();
  const auto first = shrink::ApplyRule(space, SmallInput(space), Abs(1));
  const auto stale = shrink::ApplyRule(first->space, SmallInput(space), Abs(1)).status();
  EXPECT_EQ(stale.code(), base::Code::kFailedPrecondition);
  EXPECT_NE(stale.message().find("another space"), std::string::npos) << stale.message();
}

TEST(Shrink, ScoresThatDoNotMatchAreRefusedByOperator) {
  const space::Space space = Small();
  const struct {
    std::function<void(v1::OperatorScores*)> spoil;
    const char* part;
  } cases[] = {
      {[](auto* s) { s->mutable_scores(2)->set_score(std::nan("")); }, "'op2' of choice 'layer 0'"},
      {[](auto* s) { s->mutable_scores()->RemoveLast(); }, "'op-1' of choice 'layer 2' has no score"},
      {[](auto* s) { s->mutable_scores(6)->set_candidate(1); }, "has two scores"},
      {[](auto* s) { s->mutable_scores(6)->set_candidate(3); }, "scores.scores[6].candidate"},
      {[](auto* s) { s->mutable_scores(6)->set_choice(3); }, "scores.scores[6].choice"},
  };
  for (const auto& [spoil, part] : cases) {
    v1::ShrinkInput input = SmallInput(space);
    spoil(input.mutable_scores());
    const auto status = shrink::ApplyRule(space, input, Abs(1)).status();
    EXPECT_EQ(status.code(), base::Code::kInvalidArgument) << part;
    EXPECT_NE(status.message().find(part), std::string::npos) << status.message();
  }
}

TEST(Shrink, RulesThatAreMissingOrEmptyAreRefused) {
  const space::Space space = Small();
  const v1::ShrinkInput input = SmallInput(space);
  EXPECT_EQ(shrink::ApplyRule(space, input, {}).status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(shrink::ApplyRule(space, input, Abs(0)).status().message().rfind("abs.drop:", 0), 0U);
}

TEST(Shrink, OnlySignificantlyInferiorOperatorsGoWhenAskedTo) {
  const space::Space space = Small();
  v1::ShrinkInput input = SmallInput(space);
  // Choice 0: 3, 1, 2; choice 2: 9, 8, 7. The best is 2 and 1 above the others.
  for (v1::OperatorScore& score : *input.mutable_scores()->mutable_scores()) score.set_standard_error(0.4);
  const auto dropped = [&](v1::ShrinkRule rule, double significance) {
    rule.mutable_abs()->set_significance(significance);
    return shrink::ApplyRule(space, input, rule)->dropped.size();
  };
  // The standard error of a difference is 0.566: 2 is 3.5 of them, 1 is 1.8.
  EXPECT_EQ(dropped(Abs(9), 0), 4U);
  EXPECT_EQ(dropped(Abs(9), 1.7), 4U);
  EXPECT_EQ(dropped(Abs(9), 2), 2U);
  EXPECT_EQ(dropped(Abs(9), 4), 0U);
  // Errors of differences that come with the scores are taken as they are.
  for (v1::OperatorScore& score : *input.mutable_scores()->mutable_scores()) score.set_margin_error(0.1);
  EXPECT_EQ(dropped(Abs(9), 9), 4U);
  v1::ShrinkRule per_choice = PerChoice(1);
  per_choice.mutable_per_choice()->set_significance(15);
  EXPECT_EQ(shrink::ApplyRule(space, input, per_choice)->dropped.size(), 2U);
  input.mutable_scores()->mutable_scores(1)->set_margin_error(-1);
  EXPECT_EQ(shrink::ApplyRule(space, input, Abs(1)).status().details().field, "scores.scores[1].margin_error");
  EXPECT_EQ(shrink::CheckRule([] {
              v1::ShrinkRule rule = Abs(1);
              rule.mutable_abs()->set_significance(-1);
              return rule;
            }())
                .details()
                .field,
            "abs.significance");
}

// P-DARTS: edges of 8 operators keep none and 4, then none and 2 others, however low none is scored.
TEST(PerChoiceRule, KeepsNoneWhereAsked) {
  space::Space space = *space::Preset("darts-edges", v1::PresetOptions());
  v1::ShrinkRule rule = PerChoice(3);
  rule.mutable_per_choice()->set_keep_none(true);
  for (const size_t left : {5, 2}) {
    v1::ShrinkInput input;
    input.mutable_scores()->set_children_fingerprint(space.children_fingerprint);
    for (uint32_t choice = 0; choice < space.choices.size(); ++choice) {
      for (const uint32_t candidate : space.choices[choice].alive) {
        v1::OperatorScore* score = input.mutable_scores()->add_scores();
        score->set_choice(choice);
        score->set_candidate(candidate);
        score->set_score(candidate);
      }
    }
    const auto shrunk = shrink::ApplyRule(space, input, rule);
    ASSERT_TRUE(shrunk.ok()) << shrunk.status().message();
    space = shrunk->space;
    for (const space::Choice& choice : space.choices) {
      EXPECT_EQ(choice.alive.size(), left);
      EXPECT_EQ(choice.alive[0], 0U) << "none";
      EXPECT_EQ(choice.alive.back(), 7U) << "the best";
    }
  }
}

// FairNAS with one drop a layer: 6^19 -> 5^19 -> ... -> 2^19 (ABS appendix).
TEST(ShrinkPublished, FairNasSizes) {
  space::Space space = tests::ChainSpace(std::vector<std::vector<int>>(19, {0, 1, 2, 3, 4, 5}));
  for (const char* children : {"19073486328125", "274877906944", "1162261467", "524288"}) {
    v1::ShrinkInput input;
    input.mutable_scores()->set_children_fingerprint(space.children_fingerprint);
    for (uint32_t choice = 0; choice < 19; ++choice) {
      for (const uint32_t candidate : space.choices[choice].alive) {
        v1::OperatorScore* score = input.mutable_scores()->add_scores();
        score->set_choice(choice);
        score->set_candidate(candidate);
        score->set_score((candidate * 7 + choice) % 6);
      }
    }
    space = shrink::ApplyRule(space, input, PerChoice(1))->space;
    EXPECT_EQ(space::ChildrenText(space), children);
  }
}

}  // namespace
}  // namespace nasshrink
