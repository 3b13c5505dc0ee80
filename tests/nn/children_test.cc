// Whole children of every preset in the engine: against plain tensor code, and as large as what is published.
#include <gtest/gtest.h>

#include "nn/compare_with_plain.h"
#include "nn/small_presets.h"
#include "space/cost.h"
#include "space/notation.h"
#include "space/published_networks.h"

namespace nasshrink::nn {
namespace {

// Enough that batch norms of one pixel have something to average.
constexpr int64_t kImages = 16;

space::Space OnlyChild(space::Space space, const space::Architecture& child) {
  for (size_t c = 0; c < child.size(); ++c) space.choices[c].alive = {child[c]};
  return space;
}

class Children : public testing::TestWithParam<SmallPreset> {};

TEST_P(Children, AgreeInASupernet) {
  const space::Space& space = GetParam().space;
  for (const uint64_t seed : {1U, 2U, 3U}) {
    const space::Architecture child = RandomChild(space, seed);
    SCOPED_TRACE(space::CodesOf(space, child));
    CompareWithPlain(space, false, {child}, kImages, kOfWholeNetworks);
  }
}

TEST_P(Children, AgreeWhenTheyStandAlone) {
  const space::Space& space = GetParam().space;
  const space::Architecture child = RandomChild(space, 4);
  SCOPED_TRACE(space::CodesOf(space, child));
  CompareWithPlain(OnlyChild(space, child), true, {child}, kImages, kOfWholeNetworks);
}

std::string NameOf(const testing::TestParamInfo<SmallPreset>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Every, Children, testing::ValuesIn(SmallPresets()), NameOf);

// Every cell layer may have an architecture of its own (ABS's published code).
TEST(ChildrenOfCells, AgreeWhenEveryCellIsItsOwnChild) {
  for (const char* name : {"nas_bench_201", "darts", "darts_shared"}) {
    const space::Space space = SmallPresetNamed(name);
    std::vector<space::Architecture> cells;
    for (uint32_t i = 0; i < CountCellLayers(space); ++i) cells.push_back(RandomChild(space, 20 + i));
    SCOPED_TRACE(name);
    CompareWithPlain(space, false, cells, kImages, kOfWholeNetworks);
  }
}

TEST(BuiltChildren, HaveThePublishedParameters) {
  for (const tests::PublishedNetwork& network : tests::PublishedNetworks()) {
    SCOPED_TRACE(network.name);
    const auto child = space::ImportArchitecture(network.space, "ops", network.codes);
    ASSERT_TRUE(child.ok()) << child.status().message();
    const auto plan = PlanNetwork(OnlyChild(network.space, *child), true);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    EXPECT_EQ(plan->layout.elements, network.params);
  }
}

// An edge that its node does not keep has no weights in a child that is built.
TEST(BuiltChildren, OfDartsHaveTheWeightsOfTheEdgesThatAreKept) {
  const space::Space space = SmallPresetNamed("darts");
  const auto model = space::CostModel::Make(space);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const space::Architecture child = RandomChild(space, 1);
  const auto plan = PlanNetwork(OnlyChild(space, child), true);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(plan->layout.elements, model->Params(child));
}

}  // namespace
}  // namespace nasshrink::nn
