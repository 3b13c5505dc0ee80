#include "space/architecture.h"

#include <gtest/gtest.h>

#include "space/codec.h"
#include "space/published_spaces.h"

namespace nasshrink::space {
namespace {

TEST(Architecture, MustHaveAnAliveCandidateForEveryChoice) {
  Space space = tests::NasBench201();
  space.choices[2].alive = {0, 3};
  Finish(space);
  EXPECT_TRUE(CheckArchitecture(space, {4, 4, 3, 4, 4, 4}).ok());
  EXPECT_EQ(CheckArchitecture(space, {4, 4, 3, 4, 4}).details().field, "candidates");
  EXPECT_EQ(CheckArchitecture(space, {4, 4, 3, 4, 4, 5}).details().field, "candidates[5]");
  const base::Status dropped = CheckArchitecture(space, {4, 4, 1, 4, 4, 4});
  EXPECT_EQ(dropped.code(), base::Code::kInvalidArgument);
  EXPECT_EQ(dropped.details().field, "candidates[2]");
  EXPECT_EQ(dropped.details().value, "1");
  EXPECT_EQ(dropped.details().allowed, "0, 3");
}

TEST(Architecture, OfAnotherSpaceIsRefused) {
  const Space space = tests::NasBench201();
  v1::Architecture message;
  ArchitectureToMessage(space, {0, 1, 2, 3, 4, 0}, &message);
  EXPECT_EQ(*ArchitectureFromMessage(space, message), (Architecture{0, 1, 2, 3, 4, 0}));
  message.mutable_root_fingerprint()->back() ^= 1;
  const auto other = ArchitectureFromMessage(space, message);
  EXPECT_EQ(other.status().code(), base::Code::kFailedPrecondition);
  EXPECT_EQ(other.status().details().field, "root_fingerprint");
  message.clear_root_fingerprint();
  EXPECT_TRUE(ArchitectureFromMessage(space, message).ok());
}

TEST(Architecture, SurvivesShrinkingOfItsSpace) {
  const Space root = tests::NasBench201();
  v1::Architecture message;
  ArchitectureToMessage(root, {0, 1, 2, 3, 4, 0}, &message);
  Space shrunk = root;
  shrunk.choices[0].alive = {0};
  Finish(shrunk);
  EXPECT_TRUE(ArchitectureFromMessage(shrunk, message).ok());
}

TEST(ArchitectureList, KeepsRowsAndRefusesTornOnes) {
  const Space space = tests::NasBench201();
  const std::vector<Architecture> rows = {{0, 1, 2, 3, 4, 0}, {1, 1, 1, 1, 1, 1}};
  v1::ArchitectureList message;
  ArchitecturesToMessage(space, rows, &message);
  EXPECT_EQ(*ArchitecturesFromMessage(space, message), rows);
  message.set_candidates(7, 9);
  EXPECT_EQ(ArchitecturesFromMessage(space, message).status().details().field, "architectures[1].candidates[1]");
  message.mutable_candidates()->RemoveLast();
  EXPECT_EQ(ArchitecturesFromMessage(space, message).status().details().field, "candidates");
  message.set_choices(5);
  EXPECT_EQ(ArchitecturesFromMessage(space, message).status().details().field, "choices");
}

TEST(NthChild, CountsWithTheLastChoiceFastest) {
  Space space = tests::NasBench201();
  space.choices[0].alive = {2};
  space.choices[4].alive = {1, 3};
  Finish(space);
  Architecture expected = {2, 0, 0, 0, 1, 0};
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(NthChild(space, i), expected);
    if (++expected[5] < 5) continue;
    expected[5] = 0;
    expected[4] = expected[4] == 1 ? 3 : 1;
    if (expected[4] == 1) ++expected[3];
  }
}

TEST(Canonical, FixesOperatorsOfEdgesThatAreNotKept) {
  const auto space = SpaceFromMessage(tests::DartsPairs());
  ASSERT_TRUE(space.ok());
  Architecture child(space->choices.size(), 0);
  // Choices 2..4 are the edges into node 3, choice 15 picks two of them; pair 0 keeps the first two.
  child[2] = child[3] = child[4] = 5;
  const Architecture canonical = Canonical(*space, child);
  EXPECT_EQ(canonical[2], 5U);
  EXPECT_EQ(canonical[3], 5U);
  EXPECT_EQ(canonical[4], 0U);
}

}  // namespace
}  // namespace nasshrink::space
