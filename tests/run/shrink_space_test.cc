// Rules on given children, their journal, and the frontier as messages.
#include "run/shrink_space.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "run/frontier_report.h"
#include "run/synthetic_run.h"
#include "space/architecture.h"
#include "space/count.h"

namespace nasshrink::run {
namespace {

using base::Code;

// All 729 children of a space of three operators a choice; a child is worth the sum of its candidates' indices.
struct World {
  space::Space space = tests::SmallSpace();
  v1::ShrinkInput input;
  v1::ShrinkRule rule;

  World() {
    v1::EvaluatedArchitectures* evaluated = input.mutable_evaluated();
    evaluated->set_choices(6);
    v1::Objective* objective = evaluated->add_objectives();
    objective->set_maximise(true);
    for (uint64_t at = 0; at < 729; ++at) {
      const space::Architecture child = space::NthChild(space, at);
      double worth = 0;
      for (size_t choice = 0; choice < 6; ++choice) worth += child[choice] * static_cast<double>(choice + 1);
      evaluated->mutable_candidates()->Add(child.begin(), child.end());
      objective->add_values(worth);
    }
    rule.mutable_abs()->set_drop(4);
  }
};

TEST(ShrinkSpace, LessIsBetterTurnsRound) {
  World world;
  const auto best = ShrinkSpace(world.space, world.input, world.rule);
  ASSERT_TRUE(best.ok()) << best.status().message();
  EXPECT_EQ(best->edits.drop(0).choice(), 5U);
  EXPECT_EQ(best->edits.drop(0).candidate(), world.space.choices[5].alive.front());
  world.input.mutable_evaluated()->mutable_objectives(0)->set_maximise(false);
  const auto worst = ShrinkSpace(world.space, world.input, world.rule);
  EXPECT_EQ(worst->edits.drop(0).candidate(), world.space.choices[5].alive.back());
}

TEST(ShrinkSpace, StepsOfRescoringMakeOneJournal) {
  World world;
  world.rule.mutable_abs()->set_rescore(true);
  const auto shrinking = ShrinkSpace(world.space, world.input, world.rule);
  ASSERT_TRUE(shrinking.ok()) << shrinking.status().message();
  EXPECT_EQ(shrinking->steps.size(), 4U);
  const v1::ShrinkJournal journal = JournalOf(world.space, *shrinking, world.rule);
  EXPECT_EQ(journal.children(), "729");
  ASSERT_EQ(journal.removals_size(), 4);
  EXPECT_EQ(journal.removals(3).children(), space::ChildrenText(shrinking->space));
  EXPECT_EQ(journal.removals(3).operators(), 14U);
  for (int at = 0; at < 4; ++at) {
    EXPECT_EQ(journal.removals(at).score().choice(), shrinking->edits.drop(at).choice());
    EXPECT_GE(journal.removals(at).runner_up_margin(), 0);
  }
}

TEST(ShrinkSpace, TheLastThatCanGoIsComparedWithTheBestOfItsChoice) {
  World world;
  world.rule.mutable_abs()->set_drop(1000);
  const auto shrinking = ShrinkSpace(world.space, world.input, world.rule);
  const v1::ShrinkJournal journal = JournalOf(world.space, *shrinking, world.rule);
  ASSERT_EQ(journal.removals_size(), 12);
  EXPECT_EQ(journal.removals(11).children(), "1");
  EXPECT_EQ(journal.removals(11).runner_up().choice(), journal.removals(11).score().choice());
}

TEST(ShrinkSpace, FewChildrenDropOnlyWhatIsSure) {
  World world;
  world.rule.mutable_abs()->set_drop(12);
  world.rule.mutable_abs()->set_significance(3);
  EXPECT_EQ(ShrinkSpace(world.space, world.input, world.rule)->edits.drop_size(), 12);
  // One child is not known, so all scores come with errors.
  world.input.mutable_evaluated()->mutable_objectives(0)->set_values(17, std::nan(""));
  const int sure = ShrinkSpace(world.space, world.input, world.rule)->edits.drop_size();
  EXPECT_GT(sure, 0);
  EXPECT_LT(sure, 12);
}

TEST(ShrinkSpace, ChildrenThatCannotBeReadAreNamed) {
  const struct {
    std::function<void(World*)> spoil;
    const char* field;
  } cases[] = {
      {[](World* w) { w->input.mutable_evaluated()->clear_objectives(); }, "evaluated.objectives"},
      {[](World* w) { w->input.mutable_evaluated()->mutable_objectives(0)->add_values(1); },
       "evaluated.objectives[0].values"},
      {[](World* w) {
         w->input.mutable_evaluated()->mutable_objectives(0)->set_values(2, std::numeric_limits<double>::infinity());
       },
       "evaluated.objectives[0].values[2]"},
      {[](World* w) { w->input.mutable_evaluated()->set_candidates(11, w->input.evaluated().candidates(5)); },
       "evaluated.candidates[row 1]"},
      {[](World* w) { w->input.mutable_evaluated()->set_choices(5); }, "evaluated.choices"},
      {[](World* w) { w->rule.mutable_abs()->set_aggregation("best"); }, "abs.aggregation"},
      {[](World* w) { w->rule.mutable_abs()->set_drop(0); }, "abs.drop"},
  };
  for (const auto& [spoil, field] : cases) {
    World world;
    spoil(&world);
    const auto status = ShrinkSpace(world.space, world.input, world.rule).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << field;
    EXPECT_EQ(status.details().field, field) << status.message();
  }
}

v1::FrontierInput FrontierInputOf(const World& world) {
  v1::FrontierInput input;
  input.mutable_children()->set_choices(6);
  *input.mutable_children()->mutable_candidates() = world.input.evaluated().candidates();
  *input.mutable_truth() = world.input.evaluated().objectives(0).values();
  return input;
}

TEST(FrontierReport, PathsOfAdditiveTruthLieOnOrBelowTheFrontier) {
  const World world;
  v1::FrontierInput input = FrontierInputOf(world);
  const auto shrinking = ShrinkSpace(world.space, world.input, world.rule);
  v1::ShrinkPath* path = input.add_paths();
  path->set_name("abs");
  *path->mutable_drops() = shrinking->edits.drop();
  input.set_random_paths(50);
  const auto report = FrontierOf(world.space, input, nullptr, nullptr);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->sub_spaces(), 117'649U);  // 7^6
  EXPECT_EQ(report->points_size(), 13);
  ASSERT_EQ(report->paths(0).steps_size(), 5);
  ASSERT_EQ(report->random().steps_size(), 13);
  for (int at = 0; at < 5; ++at) {
    const v1::PlacedSpace& step = report->paths(0).steps(at);
    EXPECT_EQ(step.operators(), 18U - static_cast<uint32_t>(at));
    EXPECT_GE(step.regret(), -1e-12);
    EXPECT_NEAR(step.mean() + step.regret(), report->points(12 - at).mean(), 1e-12);
    if (at > 0) {
      EXPECT_GT(report->random().steps(at).regret(), step.regret());
    }
  }
  EXPECT_EQ(report->random().steps(12).operators(), 6U);
}

TEST(FrontierReport, WrongInputIsNamed) {
  const World world;
  const v1::FrontierInput good = FrontierInputOf(world);
  const auto status_of = [&](const std::function<void(v1::FrontierInput*)>& spoil) {
    v1::FrontierInput input = good;
    spoil(&input);
    return FrontierOf(world.space, input, nullptr, nullptr).status();
  };
  EXPECT_EQ(status_of([](auto* input) { input->mutable_truth()->RemoveLast(); }).details().field, "truth");
  EXPECT_EQ(status_of([](auto* input) { input->set_truth(4, std::nan("")); }).details().field, "truth[4]");
  EXPECT_EQ(status_of([](auto* input) { input->set_random_paths(10'001); }).details().field, "random_paths");
  const auto twice =
      status_of([](auto* input) { input->mutable_children()->set_candidates(11, input->children().candidates(5)); });
  EXPECT_EQ(twice.details().field, "children.architectures[1]");
  const auto missing = status_of([](auto* input) {
    input->mutable_truth()->RemoveLast();
    for (int at = 0; at < 6; ++at) input->mutable_children()->mutable_candidates()->RemoveLast();
  });
  EXPECT_EQ(missing.code(), Code::kFailedPrecondition);
  EXPECT_NE(missing.message().find("is missing"), std::string::npos) << missing.message();
  const auto dropped_twice = status_of([&](auto* input) {
    for (int at = 0; at < 2; ++at) {
      input->mutable_paths()->Add();
      input->mutable_paths(0)->add_drops()->set_candidate(world.space.choices[0].alive[0]);
    }
  });
  EXPECT_EQ(dropped_twice.details().field, "paths[0].drops[1].candidate");
}

}  // namespace
}  // namespace nasshrink::run
