// Operator scores from given children: all of them, some, and those outside a shrunk space.
#include "score/given_children.h"

#include <gtest/gtest.h>

#include <cmath>

#include "chain_space.h"
#include "space/architecture.h"
#include "space/codec.h"

namespace nasshrink {
namespace {

using score::Aggregation;

struct Children {
  space::Space space = tests::ChainSpace({{0, 1, 2}, {0, 1}});
  std::vector<space::Architecture> rows;
  std::vector<double> values;

  Children() {
    for (uint64_t at = 0; at < 6; ++at) {
      rows.push_back(space::NthChild(space, at));
      values.push_back(static_cast<double>(at * at));
    }
  }
};

TEST(GivenChildren, AllOfThemGiveExactScores) {
  const Children given;
  const auto scores = score::ScoreFromChildren(given.space, given.rows, given.values, Aggregation::kMean);
  ASSERT_TRUE(scores.ok()) << scores.status().message();
  EXPECT_TRUE(scores->exact());
  const std::vector<double> means = {(0 + 1) / 2.0, (4 + 9) / 2.0, (16 + 25) / 2.0, (0 + 4 + 16) / 3.0,
                                     (1 + 9 + 25) / 3.0};
  ASSERT_EQ(scores->scores_size(), 5);
  for (int at = 0; at < 5; ++at) {
    EXPECT_NEAR(scores->scores(at).score(), means[static_cast<size_t>(at)], 1e-12);
    EXPECT_EQ(scores->scores(at).standard_error(), 0);
  }
  const auto tail = score::ScoreFromChildren(given.space, given.rows, given.values, Aggregation::kUpperTail);
  EXPECT_EQ(tail->scores(4).score(), 25);
}

TEST(GivenChildren, SomeOfThemComeWithErrors) {
  Children given;
  given.values[5] = std::nan("");
  const auto scores = score::ScoreFromChildren(given.space, given.rows, given.values, Aggregation::kMean);
  EXPECT_FALSE(scores->exact());
  EXPECT_EQ(scores->scores(4).score(), 5);
  EXPECT_EQ(scores->scores(4).children(), 2U);
  EXPECT_NEAR(scores->scores(4).standard_error(), 4, 1e-12);
}

TEST(GivenChildren, ThoseOfDroppedOperatorsDoNotCount) {
  Children given;
  given.space.choices[0].alive = {0, 2};
  space::Finish(given.space);
  const auto scores = score::ScoreFromChildren(given.space, given.rows, given.values, Aggregation::kMean);
  EXPECT_TRUE(scores->exact());
  ASSERT_EQ(scores->scores_size(), 4);
  EXPECT_EQ(scores->scores(3).score(), 13);
}

TEST(GivenChildren, AnOperatorWithoutChildrenIsNamed) {
  Children given;
  given.rows.resize(4);
  given.values.resize(4);
  const auto status = score::ScoreFromChildren(given.space, given.rows, given.values, Aggregation::kMean).status();
  EXPECT_EQ(status.code(), base::Code::kFailedPrecondition);
  EXPECT_NE(status.message().find("'op2' of choice 'layer 0' is in none of the 4 children"), std::string::npos)
      << status.message();
}

}  // namespace
}  // namespace nasshrink
