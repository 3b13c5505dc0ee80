// Children read from architecture parameters, against the published selection written down again.
#include "search/derive.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "base/random.h"
#include "space/presets.h"

namespace nasshrink::search {
namespace {

using Probabilities = std::vector<std::vector<double>>;

space::Space Preset(const char* name) {
  auto space = space::Preset(name, {});
  EXPECT_TRUE(space.ok()) << space.status().message();
  return *space;
}

Probabilities Random(const space::Space& space, uint64_t seed) {
  Probabilities probabilities;
  base::Philox random(seed, base::Purpose::kSynthetic);
  for (const space::Choice& choice : space.choices) {
    std::vector<double> row(choice.candidates.size(), 0.0);
    double total = 0;
    for (const uint32_t candidate : choice.alive) total += row[candidate] = random.Uniform() + 0.01;
    for (double& value : row) value /= total;
    probabilities.push_back(std::move(row));
  }
  return probabilities;
}

bool IsNone(const space::Choice& choice, uint32_t candidate) { return space::BreaksPath(choice.candidates[candidate]); }

// The published code's way: rows of a node sorted by their best entry that is not none, the first two kept.
std::set<uint32_t> KeptChoices(const space::Space& space, const space::Cell& cell, uint32_t node,
                               const Probabilities& probabilities) {
  std::vector<uint32_t> rows;
  for (const space::CellEdge& edge : cell.edges) {
    if (edge.to == node) rows.push_back(edge.choice);
  }
  const auto best = [&](uint32_t row) {
    double most = -1;
    for (const uint32_t candidate : space.choices[row].alive) {
      if (!IsNone(space.choices[row], candidate)) most = std::max(most, probabilities[row][candidate]);
    }
    return most;
  };
  std::stable_sort(rows.begin(), rows.end(), [&](uint32_t a, uint32_t b) { return best(a) > best(b); });
  rows.resize(std::min<size_t>(rows.size(), 2));
  return {rows.begin(), rows.end()};
}

std::set<uint32_t> DerivedKept(const space::Space& space, const space::Cell& cell, uint32_t node,
                               const space::Architecture& child) {
  std::set<uint32_t> kept;
  const auto own = std::find_if(cell.node_inputs.begin(), cell.node_inputs.end(),
                                [&](const space::NodeInputs& inputs) { return inputs.node == node; });
  for (uint32_t e = 0; e < cell.edges.size(); ++e) {
    if (cell.edges[e].to != node) continue;
    const uint32_t choice = cell.edges[e].choice;
    if (own != cell.node_inputs.end()) {
      const auto& subset =
          std::get<space::EdgeSubset>(space.choices[own->choice].candidates[child[own->choice]].body).edges;
      if (std::find(subset.begin(), subset.end(), e) != subset.end()) kept.insert(choice);
    } else if (!IsNone(space.choices[choice], child[choice])) {
      kept.insert(choice);
    }
  }
  return kept;
}

TEST(Derive, DartsKeepsTheTwoStrongestEdgesOfEveryNode) {
  for (const char* name : {"darts", "darts-edges", "darts-shared"}) {
    const space::Space space = Preset(name);
    DeriveOptions options;
    options.rule = DeriveOptions::Rule::kDarts;
    for (uint64_t seed = 0; seed < 20; ++seed) {
      const Probabilities probabilities = Random(space, seed);
      const auto child = Derive(space, probabilities, options);
      ASSERT_TRUE(child.ok()) << child.status().message();
      for (const space::Cell& cell : space.network.cells) {
        for (uint32_t node = cell.inputs; node < cell.nodes; ++node) {
          const auto expected = KeptChoices(space, cell, node, probabilities);
          EXPECT_EQ(DerivedKept(space, cell, node, *child), expected) << name << " node " << node << " seed " << seed;
          for (const uint32_t choice : expected) {
            for (const uint32_t candidate : space.choices[choice].alive) {
              if (IsNone(space.choices[choice], candidate)) continue;
              EXPECT_GE(probabilities[choice][(*child)[choice]], probabilities[choice][candidate]);
            }
          }
        }
      }
    }
  }
}

TEST(Derive, IdentitiesOfTheNormalCellAreLimited) {
  const space::Space space = Preset("darts");
  Probabilities probabilities = Random(space, 3);
  uint32_t identity = 0;
  const auto& candidates = space.choices[space.network.cells[0].edges[0].choice].candidates;
  for (uint32_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].label == "skip_connect") identity = i;
  }
  // Identities win on every edge of both cells, by different margins.
  for (size_t i = 0; i < space.choices.size(); ++i) {
    if (space.choices[i].candidates[0].op() == nullptr) continue;
    probabilities[i][identity] = 2 + 0.01 * static_cast<double>(i);
  }
  DeriveOptions options;
  options.rule = DeriveOptions::Rule::kDarts;
  const auto count = [&](const space::Architecture& child, size_t cell_index) {
    const space::Cell& cell = space.network.cells[cell_index];
    int identities = 0;
    for (uint32_t node = cell.inputs; node < cell.nodes; ++node) {
      for (const uint32_t choice : DerivedKept(space, cell, node, child)) identities += child[choice] == identity;
    }
    return identities;
  };
  const auto free = Derive(space, probabilities, options);
  EXPECT_EQ(count(*free, 0), 8);
  options.most_identities = 2;
  const auto limited = Derive(space, probabilities, options);
  EXPECT_EQ(count(*limited, 0), 2);
  EXPECT_EQ(count(*limited, 1), 8);
  // Those that are left were the most probable ones: on the last edges.
  const space::Cell& cell = space.network.cells[0];
  for (uint32_t node = cell.inputs; node + 1 < cell.nodes; ++node) {
    for (const uint32_t choice : DerivedKept(space, cell, node, *limited)) EXPECT_NE((*limited)[choice], identity);
  }
}

TEST(Derive, ArgmaxTakesTheMostProbableOfWhatIsAlive) {
  space::Space space = Preset("nas-bench-201");
  space.choices[2].alive = {1, 4};
  Probabilities probabilities(6, {0.5, 0.1, 0.1, 0.2, 0.1});
  probabilities[2] = {0, 0.3, 0, 0, 0.7};
  probabilities[5] = {0.2, 0.2, 0.2, 0.2, 0.2};
  EXPECT_EQ(*Derive(space, probabilities, {}), (space::Architecture{0, 0, 4, 0, 0, 0}));
  probabilities.pop_back();
  EXPECT_EQ(Derive(space, probabilities, {}).status().code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace nasshrink::search
