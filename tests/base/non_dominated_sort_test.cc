// Non-domination ranks against taking fronts away one after another, for every number of objectives.
#include "base/non_dominated_sort.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "base/random.h"

namespace nasshrink::base {
namespace {

// The definition: points dominated by nobody have the next rank and are taken away.
std::vector<uint32_t> Peeled(const std::vector<double>& points, size_t objectives) {
  const size_t count = points.size() / objectives;
  std::vector<uint32_t> ranks(count, 0);
  for (uint32_t rank = 1, left = static_cast<uint32_t>(count); left > 0; ++rank) {
    std::vector<size_t> front;
    for (size_t i = 0; i < count; ++i) {
      bool dominated = ranks[i] != 0;
      for (size_t j = 0; j < count && !dominated; ++j) {
        dominated = ranks[j] == 0 && Dominates(&points[j * objectives], &points[i * objectives], objectives);
      }
      if (!dominated) front.push_back(i);
    }
    for (const size_t i : front) ranks[i] = rank;
    left -= static_cast<uint32_t>(front.size());
  }
  return ranks;
}

TEST(NonDominatedSort, AgreesWithPeelingForAnyNumberOfObjectives) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Philox random(seed, Purpose::kSearch);
    const size_t objectives = 1 + seed % 6;
    const size_t count = random.Below(150);
    // A coarse grid makes equal points and equal coordinates, a fine one makes none.
    const uint32_t grid = seed % 3 == 0 ? 4 : seed % 3 == 1 ? 20 : 1'000'000;
    std::vector<double> points;
    for (size_t i = 0; i < count * objectives; ++i) points.push_back(random.Below(grid) - grid / 2.0);
    EXPECT_EQ(NonDominatedRanks(points.data(), count, objectives), Peeled(points, objectives)) << seed;
  }
}

TEST(NonDominatedSort, ManyPointsOfOneKind) {
  constexpr uint32_t kCount = 3000;
  for (const size_t objectives : {2, 3, 4}) {
    std::vector<double> chain;
    std::vector<double> equal(kCount * objectives, 7);
    std::vector<double> front;
    for (uint32_t i = 0; i < kCount; ++i) {
      for (size_t k = 0; k < objectives; ++k) {
        chain.push_back(kCount - i);
        front.push_back(k == 0 ? i : -static_cast<double>(i));
      }
    }
    const auto chained = NonDominatedRanks(chain.data(), kCount, objectives);
    EXPECT_EQ(chained.front(), kCount);
    EXPECT_EQ(chained.back(), 1U);
    EXPECT_EQ(NonDominatedRanks(equal.data(), kCount, objectives), std::vector<uint32_t>(kCount, 1));
    EXPECT_EQ(NonDominatedRanks(front.data(), kCount, objectives), std::vector<uint32_t>(kCount, 1));
  }
}

TEST(NonDominatedSort, InfinitiesAndSignedZerosCompareAsNumbersDo) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<double> points = {0.0, 1, -0.0, 1, -kInfinity, 2, kInfinity, 0.5, kInfinity, kInfinity};
  EXPECT_EQ(NonDominatedRanks(points.data(), 5, 2), std::vector<uint32_t>({1, 1, 1, 1, 2}));
}

}  // namespace
}  // namespace nasshrink::base
