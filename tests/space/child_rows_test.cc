#include "space/child_rows.h"

#include <gtest/gtest.h>

#include <random>

#include "space/architecture.h"
#include "space/codec.h"
#include "space/published_spaces.h"

namespace nasshrink::space {
namespace {

// Random rows, some of them out of range or dropped: the same answer as the check that explains itself.
TEST(ChildRows, AgreeWithTheCheckOfArchitectures) {
  v1::SearchSpace message = tests::PresetMessage("mobilenet-proxyless-gpu");
  for (int choice = 0; choice < message.choices_size(); choice += 2) {
    for (const uint32_t candidate : {0, 2, 3, 5}) message.mutable_choices(choice)->add_alive(candidate);
  }
  const auto space = SpaceFromMessage(message);
  ASSERT_TRUE(space.ok()) << space.status().message();
  const ChildRows rows(*space);
  std::mt19937 random(3);
  int children = 0;
  for (int i = 0; i < 5000; ++i) {
    Architecture row;
    for (const Choice& choice : space->choices) row.push_back(choice.alive[random() % choice.alive.size()]);
    if (i % 2 == 0) row[random() % row.size()] = static_cast<uint32_t>(random() % 9);
    const bool child = CheckArchitecture(*space, row).ok();
    ASSERT_EQ(rows.Contains(row.data()), child) << CodesOf(*space, row);
    children += child ? 1 : 0;
  }
  EXPECT_GT(children, 2500);
  EXPECT_LT(children, 5000);
}

TEST(ChildRows, HoldNothingOfAnOpenGrammar) {
  const auto space = SpaceFromMessage(tests::AutoSpaceOpen(6));
  ASSERT_TRUE(space.ok()) << space.status().message();
  const ChildRows rows(*space);
  const Architecture row(space->choices.size(), 0);
  EXPECT_FALSE(rows.Contains(row.data()));
}

}  // namespace
}  // namespace nasshrink::space
