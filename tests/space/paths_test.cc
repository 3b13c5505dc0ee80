#include "space/paths.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "space/architecture.h"
#include "space/codec.h"
#include "space/published_spaces.h"

namespace nasshrink::space {
namespace {

// Walks every path.
CellPaths Walk(const Space& space, size_t index, const Architecture& child) {
  const Cell& cell = space.network.cells[index];
  const std::vector<bool> kept = KeptEdges(space, index, child);
  CellPaths paths;
  paths.edge.assign(cell.edges.size(), 0);
  std::vector<size_t> walked;
  const std::function<void(uint32_t)> visit = [&](uint32_t node) {
    for (const uint32_t output : cell.outputs) {
      if (output != node) continue;
      ++paths.total;
      for (const size_t edge : walked) ++paths.edge[edge];
    }
    for (size_t e = 0; e < cell.edges.size(); ++e) {
      const uint32_t choice = cell.edges[e].choice;
      if (cell.edges[e].from != node || !kept[e]) continue;
      if (BreaksPath(space.choices[choice].candidates[child[choice]])) continue;
      walked.push_back(e);
      visit(cell.edges[e].to);
      walked.pop_back();
    }
  };
  for (uint32_t node = 0; node < cell.inputs; ++node) visit(node);
  return paths;
}

TEST(CountPaths, AgreesWithWalkingEveryPathOfNasBench201) {
  const Space space = tests::NasBench201();
  std::map<uint64_t, int> children;
  for (int i = 0; i < 15625; ++i) {
    const Architecture child = NthChild(space, i);
    const CellPaths paths = CountPaths(space, 0, child);
    const CellPaths walked = Walk(space, 0, child);
    ASSERT_EQ(paths.total, walked.total);
    ASSERT_EQ(paths.edge, walked.edge);
    ++children[paths.total];
  }
  EXPECT_EQ(children, (std::map<uint64_t, int>{{0, 341}, {1, 2356}, {2, 4736}, {3, 4096}, {4, 4096}}));
}

TEST(CountPaths, CountsThirtyPathsOfAFullDartsCell) {
  const auto space = SpaceFromMessage(tests::DartsShared());
  ASSERT_TRUE(space.ok());
  EXPECT_EQ(CountPaths(*space, 0, Architecture(14, 4)).total, 30U);
  EXPECT_EQ(CountPaths(*space, 0, Architecture(14, 0)).total, 0U);
}

TEST(CountPaths, LeavesOutEdgesThatANodeDoesNotKeep) {
  const auto space = SpaceFromMessage(tests::DartsPairs());
  ASSERT_TRUE(space.ok());
  Architecture child(space->choices.size(), 3);
  for (const size_t pairs : {14, 15, 16, 17, 32, 33, 34, 35}) child[pairs] = 0;
  const CellPaths paths = CountPaths(*space, 0, child);
  const CellPaths walked = Walk(*space, 0, child);
  EXPECT_EQ(paths.total, walked.total);
  EXPECT_EQ(paths.edge, walked.edge);
  // Pair 0 keeps both inputs, so every node has two paths.
  EXPECT_EQ(paths.total, 8U);
}

}  // namespace
}  // namespace nasshrink::space
