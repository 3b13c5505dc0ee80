// Ranks, crowding and hypervolume: published fixtures, slow computations, and numbers worked out by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/non_dominated_sort.h"
#include "base/random.h"
#include "search/crowding.h"
#include "search/hypervolume.h"
#include "shared_file.h"

namespace nasshrink::search {
namespace {

using Json = nlohmann::json;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double Number(const Json& text) { return std::stod(text.get<std::string>()); }

std::vector<double> Flat(const Json& rows) {
  std::vector<double> flat;
  for (const Json& row : rows) {
    for (const Json& value : row) flat.push_back(Number(value));
  }
  return flat;
}

// Of every point inside its front.
std::vector<double> CrowdingByFront(const std::vector<double>& points, size_t objectives,
                                    const std::vector<uint32_t>& ranks) {
  std::map<uint32_t, std::vector<uint32_t>> fronts;
  for (uint32_t i = 0; i < ranks.size(); ++i) fronts[ranks[i]].push_back(i);
  std::vector<double> crowding(ranks.size());
  for (const auto& [rank, members] : fronts) {
    const std::vector<double> distances = CrowdingDistances(points.data(), objectives, members);
    for (size_t i = 0; i < members.size(); ++i) crowding[members[i]] = distances[i];
  }
  return crowding;
}

TEST(Pareto, FixturesAgree) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/pareto.json");
  const Json fixture = Json::parse(std::ifstream(path));
  size_t cases = 0;
  for (const Json& given : fixture["cases"]) {
    SCOPED_TRACE(given["name"].get<std::string>());
    const size_t objectives = given["objectives"];
    const std::vector<double> points = Flat(given["points"]);
    const auto ranks = base::NonDominatedRanks(points.data(), points.size() / objectives, objectives);
    EXPECT_EQ(ranks, given["rank"].get<std::vector<uint32_t>>());
    const std::vector<double> crowding = CrowdingByFront(points, objectives, ranks);
    for (size_t i = 0; i < crowding.size(); ++i) {
      const double expected = Number(given["crowding"][i]);
      if (std::isinf(expected)) {
        EXPECT_EQ(crowding[i], kInfinity) << i;
      } else {
        EXPECT_NEAR(crowding[i], expected, 1e-12 * std::max(1.0, expected)) << i;
      }
    }
    for (const Json& volume : given["hypervolume"]) {
      const double expected = Number(volume[1]);
      EXPECT_NEAR(Hypervolume(points, Flat(Json::array({volume[0]}))), expected, 1e-12 * std::max(1.0, expected));
    }
    ++cases;
  }
  EXPECT_EQ(cases, 11U);
}

// Latency in ms and error in percent, both to be made small:
//   A (50, 30)  B (55, 28)  C (60, 27)  D (70, 24)  E (52, 31)  F (60, 29)  G (72, 28)
// Front 1 is A B C D. E is dominated by A; F by B and C, not by E (31 > 29); G by D, B and C, not by E, and F is no
// worse in error (29 > 28 is worse), so E F G are front 2.
// Crowding in front 1, ranges 20 ms and 6 %: B = ((60 - 50) / 20 + (30 - 27) / 6) / 2 = (0.5 + 0.5) / 2 = 0.5;
// C = ((70 - 55) / 20 + (28 - 24) / 6) / 2 = (0.75 + 0.6667) / 2 = 0.708333. In front 2 F = (20 / 20 + 3 / 3) / 2 = 1.
// Hypervolume to (80, 35): strips of latency from the cheapest on, (35 - 30) * (80 - 50) + (30 - 28) * (80 - 55) +
// (28 - 27) * (80 - 60) + (27 - 24) * (80 - 70) = 150 + 50 + 20 + 30 = 250.
TEST(Pareto, PopulationWorkedOutByHand) {
  const std::vector<double> points = {50, 30, 55, 28, 60, 27, 70, 24, 52, 31, 60, 29, 72, 28};
  const auto ranks = base::NonDominatedRanks(points.data(), 7, 2);
  EXPECT_EQ(ranks, std::vector<uint32_t>({1, 1, 1, 1, 2, 2, 2}));
  const std::vector<double> crowding = CrowdingByFront(points, 2, ranks);
  EXPECT_EQ(crowding[0], kInfinity);
  EXPECT_DOUBLE_EQ(crowding[1], 0.5);
  EXPECT_DOUBLE_EQ(crowding[2], 17.0 / 24);
  EXPECT_EQ(crowding[3], kInfinity);
  EXPECT_EQ(crowding[4], kInfinity);
  EXPECT_DOUBLE_EQ(crowding[5], 1);
  EXPECT_EQ(crowding[6], kInfinity);
  EXPECT_DOUBLE_EQ(Hypervolume(points, {80, 35}), 250);
}

// The neighbours of a value looked for one by one, without sorting.
double SlowCrowding(const std::vector<double>& points, size_t objectives, const std::vector<uint32_t>& members,
                    uint32_t self) {
  double distance = 0;
  for (size_t k = 0; k < objectives; ++k) {
    const auto key = [&](uint32_t row) { return std::pair(points[row * objectives + k], row); };
    double least = kInfinity;
    double most = -kInfinity;
    double below = -kInfinity;
    double above = kInfinity;
    for (const uint32_t row : members) {
      least = std::min(least, key(row).first);
      most = std::max(most, key(row).first);
      if (key(row) < key(self)) below = std::max(below, key(row).first);
      if (key(self) < key(row)) above = std::min(above, key(row).first);
    }
    if (most > least) distance += (above - below) / (most - least);
  }
  return distance / static_cast<double>(objectives);
}

TEST(Pareto, CrowdingAgreesWithLookingForNeighbours) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    base::Philox random(seed, base::Purpose::kSearch);
    const size_t objectives = 1 + seed % 4;
    std::vector<double> points;
    std::vector<uint32_t> members;
    for (uint32_t i = 0; i < 60; ++i) {
      if (random.Below(4) > 0) members.push_back(i);
      for (size_t k = 0; k < objectives; ++k) points.push_back(random.Below(seed % 2 == 0 ? 5 : 100000));
    }
    if (members.size() < 3) continue;
    const std::vector<double> crowding = CrowdingDistances(points.data(), objectives, members);
    for (size_t i = 0; i < members.size(); ++i) {
      const double slow = SlowCrowding(points, objectives, members, members[i]);
      if (std::isinf(slow)) {
        EXPECT_EQ(crowding[i], kInfinity);
      } else {
        EXPECT_NEAR(crowding[i], slow, 1e-12);
      }
    }
  }
}

// On a grid of unit cells the hypervolume is the number of cells that a point is below.
TEST(Pareto, HypervolumeCountsTheCellsOfAGrid) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    base::Philox random(seed, base::Purpose::kSearch);
    const size_t objectives = 1 + seed % 5;
    constexpr uint32_t kSide = 6;
    std::vector<double> points;
    const uint32_t count = random.Below(12);
    for (size_t i = 0; i < count * objectives; ++i) points.push_back(random.Below(kSide + 1));
    size_t cells = 1;
    for (size_t k = 0; k < objectives; ++k) cells *= kSide;
    size_t covered = 0;
    for (size_t cell = 0; cell < cells; ++cell) {
      bool below = false;
      for (uint32_t i = 0; i < count && !below; ++i) {
        below = true;
        size_t rest = cell;
        for (size_t k = 0; k < objectives; ++k, rest /= kSide) {
          below = below && points[i * objectives + k] <= static_cast<double>(rest % kSide);
        }
      }
      covered += below ? 1 : 0;
    }
    EXPECT_DOUBLE_EQ(Hypervolume(points, std::vector<double>(objectives, kSide)), static_cast<double>(covered)) << seed;
  }
}

}  // namespace
}  // namespace nasshrink::search
