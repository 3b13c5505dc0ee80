// Numbers and neighbourhoods of children: index, key, Gray order, Hamming balls.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "space/architecture.h"
#include "space/child_index.h"
#include "space/codec.h"
#include "space/count.h"
#include "space/gray_order.h"
#include "space/hamming.h"
#include "space/published_spaces.h"

namespace nasshrink::space {
namespace {

// A DARTS space small enough to enumerate: two operators an edge, and node 5 of both cells loses most of its pairs.
Space SmallDarts() {
  Space space = *SpaceFromMessage(tests::DartsPairs());
  size_t cell_choices = space.choices.size() / 2;
  for (size_t i = 0; i < space.choices.size(); ++i) {
    const bool pairs = std::holds_alternative<EdgeSubset>(space.choices[i].candidates[0].body);
    if (pairs && space.choices[i].candidates.size() > 3) space.choices[i].alive = {0, 4};
    if (!pairs && i < cell_choices) space.choices[i].alive = {1, 3};
    if (!pairs && i >= cell_choices) space.choices[i].alive = {2};
  }
  Finish(space);
  return space;
}

std::vector<Space> SmallSpaces() {
  Space dropped = tests::NasBench201();
  dropped.choices[0].alive = {3};
  dropped.choices[2].alive = {0, 2, 4};
  dropped.choices[5].alive = {1};
  Finish(dropped);
  return {dropped, *SpaceFromMessage(tests::NasBenchMacro()), SmallDarts()};
}

TEST(ChildIndex, InvertsNthChild) {
  for (const Space& space : SmallSpaces()) {
    const auto children = static_cast<uint64_t>(Children(space));
    for (uint64_t i = 0; i < children; ++i) ASSERT_EQ(IndexOfChild(space, NthChild(space, i)), i) << space.name;
  }
  const Space large = *SpaceFromMessage(tests::PadNas(true));
  const BigInt last = Children(large) - 1;
  EXPECT_EQ(IndexOfChild(large, NthChild(large, last)), last);
  EXPECT_EQ(IndexOfChild(large, NthChild(large, last / 3)), last / 3);
}

TEST(ChildKeys, ArePermanentAndDistinct) {
  for (const Space& space : SmallSpaces()) {
    const auto keys = ChildKeys::Make(space);
    ASSERT_TRUE(keys.ok()) << keys.status().message();
    std::set<ChildKey> seen;
    const auto children = static_cast<uint64_t>(Children(space));
    for (uint64_t i = 0; i < children; ++i) {
      const Architecture child = NthChild(space, i);
      const ChildKey key = keys->KeyOf(child);
      seen.insert(key);
      ASSERT_EQ(Canonical(space, keys->ChildOf(key)), child);
    }
    EXPECT_EQ(seen.size(), children);
  }
  // 1.549e27 children take more than 64 bits.
  const Space large = *SpaceFromMessage(tests::PadNas(true));
  const auto keys = ChildKeys::Make(large);
  ASSERT_TRUE(keys.ok());
  const Architecture last = NthChild(large, Children(large) - 1);
  EXPECT_GT(keys->KeyOf(last).high, 0U);
  EXPECT_EQ(keys->ChildOf(keys->KeyOf(last)), last);
  Space shrunk = large;
  shrunk.choices[7].alive = {2, 18};
  Finish(shrunk);
  EXPECT_EQ(ChildKeys::Make(shrunk)->KeyOf(last), keys->KeyOf(last));
  EXPECT_EQ(ChildKeys::Make(*SpaceFromMessage(tests::AutoSpaceLearned(60))).status().code(), base::Code::kOutOfRange);
  EXPECT_EQ(ChildKeys::Make(*SpaceFromMessage(tests::AutoSpaceOpen(2))).status().code(),
            base::Code::kFailedPrecondition);
}

TEST(GrayOrder, VisitsEveryChildOnceByOneDigit) {
  for (const Space& space : SmallSpaces()) {
    auto order = GrayOrder::Make(space);
    ASSERT_TRUE(order.ok()) << order.status().message();
    EXPECT_EQ(order->child(), NthChild(space, 0));
    std::set<Architecture> seen = {order->child()};
    Architecture before = order->child();
    while (order->Next()) {
      std::vector<uint32_t> changed;
      for (uint32_t i = 0; i < before.size(); ++i) {
        if (before[i] != order->child()[i]) changed.push_back(i);
      }
      ASSERT_EQ(order->changed(), changed) << space.name;
      ASSERT_EQ(HammingDistance(space, before, order->child()), 1U) << space.name;
      ASSERT_TRUE(seen.insert(order->child()).second) << space.name;
      before = order->child();
    }
    EXPECT_EQ(seen.size(), Children(space)) << space.name;
    EXPECT_FALSE(order->Next());
    EXPECT_EQ(order->child(), before);
    EXPECT_TRUE(order->changed().empty());
    for (const Architecture& child : seen) ASSERT_EQ(child, Canonical(space, child));
  }
}

TEST(GrayOrder, StepsThroughOneChoiceOfAChain) {
  auto order = GrayOrder::Make(*SpaceFromMessage(tests::NasBenchMacro()));
  std::vector<std::vector<uint32_t>> last;
  for (int i = 0; i < 4; ++i) {
    order->Next();
    last.push_back({order->child()[6], order->child()[7]});
  }
  EXPECT_EQ(last, (std::vector<std::vector<uint32_t>>{{0, 1}, {0, 2}, {1, 2}, {1, 1}}));
}

TEST(GrayOrder, RefusesWhatCannotBeListed) {
  EXPECT_EQ(GrayOrder::Make(*SpaceFromMessage(tests::AutoSpaceOpen(2))).status().code(),
            base::Code::kFailedPrecondition);
  Space single = tests::NasBench201();
  for (Choice& choice : single.choices) choice.alive = {2};
  Finish(single);
  auto order = GrayOrder::Make(single);
  ASSERT_TRUE(order.ok());
  EXPECT_FALSE(order->Next());
  EXPECT_EQ(order->child(), Architecture(6, 2));
}

// C(6,d) 4^d cells at distance d.
TEST(HammingBall, HasTheSizesOfACompleteCell) {
  const Space space = tests::NasBench201();
  const auto ball = HammingBall::Make(space, {3, 0, 2, 1, 4, 3}, 9);
  ASSERT_TRUE(ball.ok()) << ball.status().message();
  const uint64_t sizes[] = {1, 24, 240, 1280, 3840, 6144, 4096, 0};
  for (uint32_t d = 0; d < 8; ++d) EXPECT_EQ(ball->SizeAt(d), sizes[d]);
  EXPECT_EQ(ball->Size(), 15625);
  EXPECT_EQ(HammingBall::Make(space, {3, 0, 2, 1, 4, 3}, 3)->Size(), 1545);
}

TEST(HammingBall, ListsEveryChildWithinTheRadius) {
  for (const Space& space : SmallSpaces()) {
    const auto children = static_cast<uint64_t>(Children(space));
    const Architecture center = NthChild(space, children / 3);
    for (uint32_t radius = 0; radius < 4; ++radius) {
      const auto ball = HammingBall::Make(space, center, radius);
      ASSERT_TRUE(ball.ok());
      std::set<Architecture> listed;
      uint32_t distance = 0;
      for (uint64_t i = 0; i < ball->Size(); ++i) {
        const Architecture child = ball->Nth(i);
        EXPECT_GE(HammingDistance(space, center, child), distance);
        distance = HammingDistance(space, center, child);
        listed.insert(child);
      }
      std::set<Architecture> expected;
      for (uint64_t i = 0; i < children; ++i) {
        const Architecture child = NthChild(space, i);
        if (HammingDistance(space, center, child) <= radius) expected.insert(child);
      }
      EXPECT_EQ(listed, expected) << space.name << " " << radius;
      EXPECT_EQ(ball->Nth(0), center);
    }
  }
}

TEST(HammingBall, DrawsUniformlyAndRepeatably) {
  const Space space = SmallDarts();
  const Architecture center = NthChild(space, 5);
  const auto ball = HammingBall::Make(space, center, 1);
  ASSERT_TRUE(ball.ok());
  const auto size = static_cast<uint64_t>(ball->Size());
  std::map<Architecture, double> counts;
  constexpr int kDraws = 20'000;
  for (uint64_t step = 0; step < kDraws; ++step) {
    counts[ball->Draw(7, base::Purpose::kSearch, step)] += 1;
  }
  ASSERT_EQ(counts.size(), size);
  const double expected = static_cast<double>(kDraws) / static_cast<double>(size);
  double chi_square = 0;
  for (const auto& [child, count] : counts) chi_square += (count - expected) * (count - expected) / expected;
  // Mean size - 1, deviation sqrt(2 (size - 1)); five deviations above.
  const double freedom = static_cast<double>(size) - 1;
  EXPECT_LT(chi_square, freedom + 5 * std::sqrt(2 * freedom));
  EXPECT_EQ(ball->Draw(7, base::Purpose::kSearch, 3), ball->Draw(7, base::Purpose::kSearch, 3));
  const Space large = *SpaceFromMessage(tests::PadNas(true));
  const auto wide = HammingBall::Make(large, NthChild(large, 0), 22);
  EXPECT_EQ(wide->Size(), Children(large));
  EXPECT_NE(wide->Draw(1, base::Purpose::kSearch, 0), wide->Draw(1, base::Purpose::kSearch, 1));
}

TEST(HammingBall, RefusesForeignCentres) {
  Space space = tests::NasBench201();
  space.choices[0].alive = {1};
  Finish(space);
  EXPECT_EQ(HammingBall::Make(space, {0, 0, 0, 0, 0, 0}, 1).status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(HammingBall::Make(*SpaceFromMessage(tests::AutoSpaceOpen(2)), {0, 0}, 1).status().code(),
            base::Code::kFailedPrecondition);
}

}  // namespace
}  // namespace nasshrink::space
