// Rules on given children and their journal.
#include "run/shrink_space.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

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

}  // namespace
}  // namespace nasshrink::run
