// Angles of NAS-Bench-201 cells: fixtures, explicit weight vectors, published counts of distinct values.
#include "score/angle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "angle_fixture.h"
#include "score/enumeration.h"
#include "shared_file.h"
#include "space/presets.h"

namespace nasshrink {
namespace {

using score::AngleOptions;
using score::AngleScorer;
using tests::Json;

space::Space CellSpace() { return *space::Preset("nas-bench-201", {}); }

double ToleranceOf(const std::string& name, double expected) {
  return name == "near_zero_1e-9" ? 1e-6 * expected : 1e-12;
}

AngleScorer Scorer(const space::Space& space, const score::FactorTable& table, const AngleOptions& options) {
  auto scorer = AngleScorer::Make(space, table, options);
  EXPECT_TRUE(scorer.ok()) << scorer.status().message();
  return *std::move(scorer);
}

std::vector<double> AllAngles(const space::Space& space, const AngleScorer& scorer) {
  const auto children = score::Enumeration::UpTo(space, 1'000'000);
  std::vector<uint32_t> candidates(children->children() * children->choices());
  children->Fill(0, children->children(), candidates.data());
  std::vector<double> angles(children->children());
  EXPECT_TRUE(scorer.Angles(candidates.data(), angles.size(), angles.data()).ok());
  return angles;
}

// Equal angles of different children differ by rounding alone, far less than any two different ones here.
size_t DistinctValues(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  size_t distinct = 1;
  for (size_t at = 1; at < values.size(); ++at) distinct += values[at] - values[at - 1] > 1e-12;
  return distinct;
}

// Random scalars of a supernet: convolutions moved by training, pools the same on every edge.
score::FactorTable RandomTable(uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  const auto row = [&](size_t entries) {
    std::vector<double> sums(5);
    for (size_t entry = 0; entry < entries; ++entry) {
      const double base = normal(random);
      const double current = base + 0.7 * normal(random);
      sums[0] += base * current;
      sums[1] += current * current;
      sums[2] += base * base;
      sums[3] += (current - base) * (current - base);
      sums[4] += (current - base) * (current + base);
    }
    return sums;
  };
  score::FactorTable table;
  table.columns = tests::AllColumns();
  table.fixed = row(100);
  for (uint32_t edge = 0; edge < 6; ++edge) {
    score::Factor& factor = table.factors.emplace_back();
    factor.choices = {edge};
    factor.cell = 1;
    for (const auto& numbers :
         {std::vector<double>(5), std::vector<double>(5), row(16), row(144), std::vector<double>{4, 4, 4, 0, 0}}) {
      factor.rows.insert(factor.rows.end(), numbers.begin(), numbers.end());
    }
  }
  return table;
}

TEST(AngleFixture, BlockScopeAgrees) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/angle_nb201.json");
  const space::Space space = CellSpace();
  for (const Json& given : tests::CasesOf(path)) {
    const std::string name = given["name"];
    SCOPED_TRACE(name);
    const score::FactorTable table = tests::CellTable(given["scalars"]);
    AngleOptions fixed_only;
    fixed_only.disconnected = AngleOptions::Disconnected::kFixedOnly;
    AngleOptions without_fixed;
    without_fixed.fixed_parts = false;
    const AngleScorer scorers[] = {Scorer(space, table, {}), Scorer(space, table, fixed_only),
                                   Scorer(space, table, without_fixed)};
    for (const Json& row : given["rows"]) {
      const space::Architecture child = tests::ChildOf(space, tests::Codes(row[0]));
      for (size_t column = 0; column < 3; ++column) {
        const double expected = tests::Number(row[column + 2]);
        EXPECT_NEAR(*scorers[column].Angle(child), expected, ToleranceOf(name, expected))
            << row[0] << " column " << column;
      }
    }
  }
}

TEST(AngleFixture, WholeNetworkScopeAgrees) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/angle_nb201.json");
  const space::Space space = CellSpace();
  for (const Json& given : tests::CasesOf(path)) {
    const std::string name = given["name"];
    SCOPED_TRACE(name);
    AngleOptions options;
    options.scope = AngleOptions::Scope::kWholeNetwork;
    options.disconnected = AngleOptions::Disconnected::kError;
    const AngleScorer strict = Scorer(space, tests::CellTable(given["scalars"]), options);
    options.disconnected = AngleOptions::Disconnected::kZero;
    const AngleScorer zero = Scorer(space, tests::CellTable(given["scalars"]), options);
    for (const Json& row : given["whole_network"]) {
      const space::Architecture child = tests::ChildOf(space, tests::Codes(row[0]));
      if (row[2].is_null()) {
        EXPECT_EQ(strict.Angle(child).status().code(), base::Code::kFailedPrecondition);
        EXPECT_EQ(*zero.Angle(child), 0);
        continue;
      }
      const double expected = tests::Number(row[2]);
      EXPECT_NEAR(*strict.Angle(child), expected, ToleranceOf(name, expected)) << row[0];
    }
  }
}

TEST(AngleFixture, PlainArcCosineAgreesAwayFromZero) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/angle_nb201.json");
  const space::Space space = CellSpace();
  for (const Json& given : tests::CasesOf(path)) {
    const std::string name = given["name"];
    const double tolerance = name == "near_zero_1e-9" || name == "unchanged_weights" ? 1e-7 : 1e-12;
    const AngleScorer scorer = Scorer(space, tests::PlainTable(tests::CellTable(given["scalars"])), {});
    for (const Json& row : given["rows"]) {
      const space::Architecture child = tests::ChildOf(space, tests::Codes(row[0]));
      EXPECT_NEAR(*scorer.Angle(child), tests::Number(row[2]), tolerance) << name << row[0];
    }
  }
}

// The slow oracle: every path's weights written out, for every child.
TEST(Angle, AgreesWithExplicitWeightVectors) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/angle_nb201.json");
  const space::Space space = CellSpace();
  size_t compared = 0;
  for (const Json& given : tests::CasesOf(path)) {
    if (!given.contains("explicit")) continue;
    AngleOptions options;
    options.disconnected = AngleOptions::Disconnected::kFixedOnly;
    const AngleScorer scorer = Scorer(space, tests::CellTable(given["scalars"]), options);
    const std::vector<double> angles = AllAngles(space, scorer);
    for (size_t child = 0; child < angles.size(); child += 7) {
      std::vector<int> codes(6);
      for (size_t edge = 6, rest = child; edge-- > 0; rest /= 5) {
        codes[edge] = static_cast<int>(rest % 5);
      }
      const double expected = tests::CellVectors(given["explicit"], codes).Angle();
      ASSERT_NEAR(angles[child], expected, ToleranceOf(given["name"], expected)) << child;
      ++compared;
    }
  }
  EXPECT_GT(compared, 4000U);
}

// ABS claims that different structures have different vectors; enumeration says 3,850 (3,849) of 15,625.
TEST(AnglePublished, DistinctValuesOfAllCells) {
  const space::Space space = CellSpace();
  const score::FactorTable table = RandomTable(7);
  const std::vector<double> angles = AllAngles(space, Scorer(space, table, {}));
  EXPECT_EQ(angles.size(), 15'625U);
  EXPECT_EQ(DistinctValues(angles), 3'850U);
  EXPECT_EQ(std::count(angles.begin(), angles.end(), 0.0), 341);
  AngleOptions options;
  options.disconnected = AngleOptions::Disconnected::kFixedOnly;
  EXPECT_EQ(DistinctValues(AllAngles(space, Scorer(space, table, options))), 3'849U);
}

TEST(Angle, BlocksOfAnyLengthGiveTheSameAngles) {
  const space::Space space = CellSpace();
  const AngleScorer scorer = Scorer(space, RandomTable(3), {});
  const std::vector<double> all = AllAngles(space, scorer);
  const auto children = score::Enumeration::UpTo(space, 1'000'000);
  for (const uint64_t child : {0, 255, 256, 257, 9'999, 15'624}) {
    space::Architecture one(6);
    children->Fill(child, 1, one.data());
    EXPECT_EQ(*scorer.Angle(one), all[child]) << child;
  }
}

TEST(Angle, DisconnectedChildIsAnErrorWhenAskedFor) {
  const space::Space space = CellSpace();
  AngleOptions options;
  options.disconnected = AngleOptions::Disconnected::kError;
  const AngleScorer scorer = Scorer(space, RandomTable(3), options);
  const auto status = scorer.Angle({0, 1, 1, 0, 1, 0}).status();
  EXPECT_EQ(status.code(), base::Code::kFailedPrecondition);
  EXPECT_NE(status.message().find("0 1 1 0 1 0"), std::string::npos) << status.message();
}

TEST(Angle, EmptyVectorHasAngleZero) {
  const space::Space space = CellSpace();
  AngleOptions options;
  options.fixed_parts = false;
  EXPECT_EQ(*Scorer(space, RandomTable(3), options).Angle({1, 1, 1, 1, 1, 1}), 0);
}

TEST(Angle, OppositeAndUnchangedWeightsStayInRange) {
  const space::Space space = CellSpace();
  score::FactorTable table = RandomTable(3);
  for (score::Factor& factor : table.factors) {
    std::fill(factor.rows.begin(), factor.rows.end(), 0);
  }
  table.fixed = {-0.3, 0.3, 0.3, 1.2, 0};
  EXPECT_NEAR(*Scorer(space, table, {}).Angle({1, 1, 1, 1, 1, 1}), 3.14159265358979, 1e-7);
  table.fixed = {0.3, 0.3, 0.3, 0, 1e-17};
  EXPECT_EQ(*Scorer(space, table, {}).Angle({1, 1, 1, 1, 1, 1}), 0);
}

TEST(Angle, TableWithoutItsColumnsIsRefused) {
  const space::Space space = CellSpace();
  score::FactorTable table = tests::PlainTable(RandomTable(3));
  table.columns = {"dot", "macs", "base"};
  const auto status = AngleScorer::Make(space, table, {}).status();
  EXPECT_EQ(status.code(), base::Code::kInvalidArgument);
  EXPECT_NE(status.message().find("'current'"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace nasshrink
