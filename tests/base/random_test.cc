#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace nasshrink::base {
namespace {

using Block = std::array<uint32_t, 4>;

// Known answers published with Random123 (kat_vectors, philox4x32 10).
TEST(Philox, GivesTheKnownAnswers) {
  EXPECT_EQ(PhiloxBlock({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(PhiloxBlock({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(PhiloxBlock({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, LaysOutKeyAndCounterAsDocumented) {
  const uint64_t seed = 0x1122334455667788;
  const uint64_t step = 0x00ABCDEF01234567;
  Philox random(seed, Purpose::kShuffle, step, 9);
  for (uint32_t block = 0; block < 3; ++block) {
    const Block expected = PhiloxBlock({block, 9, 0x01234567, 0xABCDEF02}, {0x55667788, 0x11223344});
    for (const uint32_t word : expected) EXPECT_EQ(random.Next32(), word);
  }
}

TEST(Philox, DrawsTheLowHalfOfSixtyFourBitsFirst) {
  Philox words(5, Purpose::kSearch);
  Philox longs(5, Purpose::kSearch);
  const uint64_t low = words.Next32();
  const uint64_t high = words.Next32();
  EXPECT_EQ(longs.Next64(), high << 32 | low);
}

TEST(Philox, StreamsWithAnotherAddressDiffer) {
  std::set<uint64_t> first;
  for (uint64_t seed : {1, 2}) {
    for (auto purpose : {Purpose::kPath, Purpose::kScore}) {
      for (uint64_t step : {0, 1}) {
        for (uint32_t choice : {0, 1}) first.insert(Philox(seed, purpose, step, choice).Next64());
      }
    }
  }
  EXPECT_EQ(first.size(), 16U);
}

TEST(Philox, DrawsBelowABoundEvenly) {
  for (const uint64_t bound : {uint64_t{1}, uint64_t{6}, uint64_t{7}}) {
    Philox random(3, Purpose::kSearch, bound);
    std::vector<int> small(bound);
    std::vector<int> large(bound);
    const int draws = 7000;
    for (int i = 0; i < draws; ++i) {
      ++small.at(random.Below(static_cast<uint32_t>(bound)));
      ++large.at(random.Below64(bound));
    }
    const double expected = static_cast<double>(draws) / static_cast<double>(bound);
    for (const auto& counts : {small, large}) {
      for (const int count : counts) EXPECT_NEAR(count, expected, 5 * std::sqrt(expected));
    }
  }
}

TEST(Philox, DrawsBelowLargeBounds) {
  Philox random(4, Purpose::kSearch);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LT(random.Below(0x80000001U), 0x80000001U);
    EXPECT_LT(random.Below64(0x8000000000000001U), 0x8000000000000001U);
  }
}

TEST(Philox, UniformAndNormalHaveTheirMoments) {
  Philox random(8, Purpose::kWeights);
  const int draws = 20000;
  double sum = 0;
  double squares = 0;
  double uniform = 0;
  for (int i = 0; i < draws; ++i) {
    const double u = random.Uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    uniform += u;
    const double normal = random.Normal();
    sum += normal;
    squares += normal * normal;
  }
  EXPECT_NEAR(uniform / draws, 0.5, 0.01);
  EXPECT_NEAR(sum / draws, 0, 0.03);
  EXPECT_NEAR(squares / draws, 1, 0.05);
}

TEST(Permutation, HoldsEveryNumberOnceAndDependsOnTheStream) {
  Philox one(1, Purpose::kShuffle);
  Philox same(1, Purpose::kShuffle);
  Philox other(2, Purpose::kShuffle);
  const std::vector<uint32_t> order = Permutation(100, one);
  EXPECT_EQ(order, Permutation(100, same));
  EXPECT_NE(order, Permutation(100, other));
  std::vector<uint32_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (uint32_t i = 0; i < 100; ++i) EXPECT_EQ(sorted[i], i);
  EXPECT_TRUE(Permutation(0, one).empty());
}

TEST(Permutation, IsUniform) {
  std::vector<int> counts(6);
  for (uint64_t i = 0; i < 6000; ++i) {
    Philox random(7, Purpose::kShuffle, i);
    const auto order = Permutation(3, random);
    ++counts[order[0] * 2 + (order[1] > order[2] ? 1 : 0)];
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 160);
}

}  // namespace
}  // namespace nasshrink::base
