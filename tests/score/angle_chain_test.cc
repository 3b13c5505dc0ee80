// Angles of chains and of cells that fixtures of NAS-Bench-201 do not reach.
#include <gtest/gtest.h>

#include "angle_fixture.h"
#include "chain_space.h"
#include "score/angle.h"
#include "shared_file.h"

namespace nasshrink {
namespace {

using score::AngleOptions;
using score::AngleScorer;
using tests::Json;

// Rows of identity are empty, or with `eye` a channels x channels identity matrix.
score::FactorTable ChainTable(const Json& given, bool eye) {
  score::FactorTable table;
  table.columns = tests::AllColumns();
  table.fixed = tests::Numbers(given["scalars"]["fixed"]);
  for (uint32_t layer = 0; layer < given["layers"].size(); ++layer) {
    const Json& made = given["layers"][layer];
    score::Factor& factor = table.factors.emplace_back();
    factor.choices = {layer};
    for (const Json& code : made["operators"]) {
      std::vector<double> row(5);
      if (code == -1 && eye) row = {made["channels"], made["channels"], made["channels"], 0, 0};
      for (const Json& scalars : given["scalars"]["layers"][layer]) {
        if (code != -1 && scalars[0] == code) {
          row = tests::Numbers(scalars);
          row.erase(row.begin());
        }
      }
      factor.rows.insert(factor.rows.end(), row.begin(), row.end());
    }
  }
  return table;
}

TEST(AngleFixture, ChainsAgree) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/angle_chain.json");
  for (const Json& given : tests::CasesOf(path)) {
    const std::string name = given["name"];
    SCOPED_TRACE(name);
    std::vector<std::vector<int>> codes;
    for (const Json& layer : given["layers"]) {
      codes.push_back(layer["operators"].get<std::vector<int>>());
    }
    const space::Space space = tests::ChainSpace(codes);
    AngleOptions without_fixed;
    without_fixed.fixed_parts = false;
    const auto empty = AngleScorer::Make(space, ChainTable(given, false), {});
    const auto no_fixed = AngleScorer::Make(space, ChainTable(given, false), without_fixed);
    const auto eye = AngleScorer::Make(space, ChainTable(given, true), {});
    for (const Json& row : given["rows"]) {
      const space::Architecture child = tests::ChildOf(space, tests::Codes(row[0]));
      const AngleScorer* scorers[] = {&*empty, &*no_fixed, &*eye};
      for (size_t column = 0; column < 3; ++column) {
        const double expected = tests::Number(row[column + 1]);
        const double tolerance = name == "near_zero_1e-9" ? 1e-6 * expected : 1e-12;
        EXPECT_NEAR(*scorers[column]->Angle(child), expected, tolerance) << row[0] << " column " << column;
      }
    }
  }
}

TEST(Angle, FactorOverSeveralChoicesHasARowForEveryAlternative) {
  const space::Space space = tests::ChainSpace({{0, 1}, {0, 1, 2}});
  score::FactorTable table;
  table.columns = {"dot", "current", "base"};
  table.fixed = {0, 0, 0};
  score::Factor joint{{0, 1}, 0, 1, {}};
  for (int row = 0; row < 6; ++row) {
    joint.rows.insert(joint.rows.end(), {std::cos(0.1 * row + 0.2), 1, 1});
  }
  table.factors.push_back(joint);
  score::Factor rest{{1}, 0, 1, std::vector<double>(9)};
  table.factors.push_back(rest);
  const auto scorer = AngleScorer::Make(space, table, {});
  ASSERT_TRUE(scorer.ok()) << scorer.status().message();
  for (uint32_t first = 0; first < 2; ++first) {
    for (uint32_t second = 0; second < 3; ++second) {
      EXPECT_NEAR(*scorer->Angle({first, second}), 0.1 * (first * 3 + second) + 0.2, 1e-12);
    }
  }
}

// Two inputs, two inner nodes that are concatenated, and a choice of the edges each keeps.
TEST(Angle, CellWithTwoInputsConcatenationAndKeptEdges) {
  space::Space space = tests::ChainSpace({{0}, {0}, {0}, {0}, {0}, {0, 1}});
  space::Cell& cell = space.network.cells.emplace_back();
  cell.inputs = 2;
  cell.nodes = 4;
  cell.edges = {{0, 2, 0}, {1, 2, 1}, {0, 3, 2}, {1, 3, 3}, {2, 3, 4}};
  cell.node_inputs = {{3, 5}};
  cell.outputs = {2, 3};
  space.choices[5].candidates[0].body = space::EdgeSubset{{2, 3}};
  space.choices[5].candidates[1].body = space::EdgeSubset{{2, 4}};
  space.network.layers.assign(1, {"cell", space::LayerCell{0}, 0, 1});
  score::FactorTable table;
  table.columns = {"dot", "current", "base"};
  table.fixed = {0, 0, 0};
  // Edge e adds |w|^2 = 10^e and, for the first edge alone, a weight that did not turn.
  double size = 1;
  for (uint32_t edge = 0; edge < 5; ++edge, size *= 10) {
    table.factors.push_back({{edge}, 1, 1, {edge == 0 ? size : 0, size, size}});
  }
  const auto scorer = AngleScorer::Make(space, table, {});
  ASSERT_TRUE(scorer.ok()) << scorer.status().message();
  // Kept 0,1 into node 2 and 2,3 into node 3: paths 0-2, 1-2, 0-3, 1-3.
  EXPECT_NEAR(*scorer->Angle({0, 0, 0, 0, 0, 0}), std::acos(1.0 / 1111), 1e-12);
  // Kept 2 and 4 into node 3: 0-2, 1-2, 0-3, 0-2-3, 1-2-3.
  EXPECT_NEAR(*scorer->Angle({0, 0, 0, 0, 0, 1}), std::acos(2.0 / (2 + 20 + 100 + 20'000)), 1e-12);
  AngleOptions options;
  options.scope = AngleOptions::Scope::kWholeNetwork;
  EXPECT_EQ(AngleScorer::Make(space, table, options).status().code(), base::Code::kUnimplemented);
}

}  // namespace
}  // namespace nasshrink
