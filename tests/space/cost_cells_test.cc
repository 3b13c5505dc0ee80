// Costs of what users put together themselves: operator graphs, cells as candidates, cells with several inputs.
#include <gtest/gtest.h>

#include "space/build_cell.h"
#include "space/build_graph.h"
#include "space/build_operator.h"
#include "space/codec.h"
#include "space/cost.h"
#include "space/grammar_cost.h"
#include "space/operators.h"
#include "space/published_spaces.h"

namespace nasshrink::space {
namespace {

Attribute Number(const char* name, int64_t value) { return {name, value}; }

// An inverted residual of 8 channels and ratio 3.
std::vector<Primitive> MobileGraph() {
  return {{"conv", {0}, {Number("channels", 24), Number("kernel", 1)}},
          {"batch_norm", {1}, {}},
          {"relu6", {2}, {}},
          {"depthwise_conv", {3}, {Number("kernel", 5)}},
          {"batch_norm", {4}, {}},
          {"relu6", {5}, {}},
          {"conv", {6}, {Number("channels", 8), Number("kernel", 1)}},
          {"batch_norm", {7}, {}},
          {"add", {8, 0}, {}}};
}

TEST(GraphCost, EqualsThatOfTheSameBlock) {
  const OperatorDef block = MakeOperator("mb_block", {Number("expansion", 3), Number("kernel", 5)});
  const Shape shape = {8, 6, 5};
  Steps expected;
  expected.Keep(**BuildOperator(block, expected.Input(shape), shape, &expected));
  Steps steps;
  const auto made = BuildGraph(MobileGraph(), steps.Input(shape), shape, &steps);
  ASSERT_TRUE(made.ok()) << made.status().message();
  steps.Keep(*made);
  EXPECT_EQ(steps.cost().macs, expected.cost().macs);
  EXPECT_EQ(steps.cost().params, expected.cost().params);
  EXPECT_EQ(steps.norm_params(), expected.norm_params());
  EXPECT_EQ(steps.Peak(), expected.Peak());
}

TEST(GraphCost, TakesTheStrideOnceOnEveryPath) {
  const std::vector<Primitive> graph = {{"relu", {0}, {}},
                                        {"conv", {1}, {Number("kernel", 3)}},
                                        {"conv", {2}, {Number("kernel", 3)}},
                                        {"max_pool", {0}, {Number("kernel", 3)}},
                                        {"concat", {3, 4}, {}}};
  Steps steps;
  const auto made = BuildGraph(graph, steps.Input({4, 7, 7}), {8, 4, 4}, &steps);
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(steps.cost().macs, 2U * 9 * 4 * 4 * 16);
  EXPECT_EQ(steps.cost().params, 2U * 9 * 4 * 4);
}

TEST(GraphCost, NamesThePrimitiveThatDoesNotFit) {
  const auto field_of = [](const std::vector<Primitive>& graph, const Shape& in, const Shape& out) {
    Steps steps;
    const auto made = BuildGraph(graph, steps.Input(in), out, &steps);
    EXPECT_EQ(made.status().code(), base::Code::kInvalidArgument);
    return made.status().details().field;
  };
  const Shape shape = {8, 6, 6};
  const Primitive conv = {"conv", {0}, {Number("kernel", 3)}};
  EXPECT_EQ(field_of({conv}, shape, {16, 6, 6}), "graph[0]");                                // wrong channels
  EXPECT_EQ(field_of({{"relu", {0}, {}}}, shape, {8, 3, 3}), "graph[0]");                    // nothing takes the stride
  EXPECT_EQ(field_of({conv, {"add", {1, 0}, {}}}, shape, {8, 3, 3}), "graph[1].inputs[1]");  // sizes differ
  EXPECT_EQ(field_of({{"conv", {0}, {Number("groups", 3), Number("kernel", 3)}}}, shape, shape), "graph[0].attributes");
  std::vector<Primitive> doubling;
  for (uint32_t i = 0; i < 40; ++i) doubling.push_back({"concat", {i, i}, {}});
  EXPECT_EQ(field_of(doubling, shape, shape), "graph[13]");  // 8 * 2^14 channels
}

CandidateEdge Edge(uint32_t from, uint32_t to, OperatorDef op) { return {from, to, std::move(op)}; }

// 0 -> 1 -> 2 with 1x1 and depthwise 3x3; 3 hangs on nothing but reads node 1.
CellCandidate SmallCell() {
  CellCandidate cell;
  cell.nodes = 4;
  cell.ratio = 3;
  cell.edges = {Edge(0, 1, MakeOperator("conv", {Number("kernel", 1)})),
                Edge(0, 2, MakeOperator("conv", {Number("kernel", 3)})),
                Edge(1, 2, MakeOperator("none")),
                Edge(0, 3, MakeOperator("identity")),
                Edge(1, 3, MakeOperator("depthwise_conv", {Number("kernel", 3)})),
                Edge(2, 3, MakeOperator("none"))};
  cell.merges = {Merge::kSum, Merge::kProduct};
  return cell;
}

TEST(CandidateCellCost, AddsAdjustersAndEdges) {
  Steps steps;
  const auto made = BuildCandidateCell(SmallCell(), steps.Input({4, 6, 6}), {10, 3, 3}, &steps);
  ASSERT_TRUE(made.ok()) << made.status().message();
  // 4 -> 12 at 6x6; 1x1 and 3x3 on 12 channels and the depthwise one at 3x3; 12 -> 10.
  EXPECT_EQ(steps.cost().macs, 48U * 36 + (144U + 1296U + 108U) * 9 + 120U * 9);
  EXPECT_EQ(steps.cost().params, 48U + 24 + 144 + 24 + 1296 + 24 + 108 + 24 + 120 + 20);
}

TEST(CandidateCellCost, LosesEdgesOnNoPathWhenLive) {
  const CellCandidate pruned = WithoutDeadEdges(SmallCell());
  EXPECT_EQ(pruned.edges[1].op.kind, "none");  // 0 -> 2 leads nowhere
  EXPECT_EQ(pruned.edges[0].op.kind, "conv");
  EXPECT_EQ(pruned.edges[3].op.kind, "identity");
}

TEST(CandidateCellCost, OfACellWithoutAPathIsNothingWhenLive) {
  v1::SearchSpace message = tests::AutoSpaceLearned(2);
  for (auto& edge : *message.mutable_choices(1)->mutable_candidates(0)->mutable_cell()->mutable_edges()) {
    edge.mutable_op()->Clear();
    edge.mutable_op()->set_kind("none");
  }
  for (auto& edge : *message.mutable_choices(0)->mutable_candidates(1)->mutable_cell()->mutable_edges()) {
    edge.mutable_op()->Clear();
    edge.mutable_op()->set_kind("sep_conv");
    edge.mutable_op()->add_attributes()->set_name("kernel");
    edge.mutable_op()->mutable_attributes(0)->set_integer(3);
  }
  const auto space = SpaceFromMessage(message);
  ASSERT_TRUE(space.ok()) << space.status().message();
  const auto model = CostModel::Make(*space);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const Architecture broken = {1, 0};
  EXPECT_GT(model->table()[1][0].macs, 0U);  // the adjusters
  EXPECT_EQ(model->LiveMacs(broken), model->fixed().macs + model->table()[0][1].macs);
  EXPECT_EQ(model->LiveParams(broken), model->fixed().params + model->table()[0][1].params);
}

// A grammar of three nodes, two operators and two ratios, against all its cells one by one.
TEST(GrammarCost, IsTheRangeOfAllCells) {
  CellGrammar grammar;
  grammar.nodes = 3;
  grammar.operators = {MakeOperator("conv", {Number("kernel", 3)}), MakeOperator("identity")};
  grammar.ratios = {1, 4};
  grammar.merges = {Merge::kSum};
  const Shape in = {4, 6, 6};
  const Shape out = {10, 3, 3};
  OperatorCostRange expected = {{UINT64_MAX, UINT64_MAX}, {}};
  for (const uint32_t ratio : grammar.ratios) {
    for (size_t code = 0; code < 8; ++code) {
      CellCandidate cell;
      cell.nodes = 3;
      cell.ratio = ratio;
      cell.edges = {Edge(0, 1, grammar.operators[code % 2]), Edge(0, 2, grammar.operators[code / 2 % 2]),
                    Edge(1, 2, grammar.operators[code / 4])};
      cell.merges = {Merge::kSum};
      Steps steps;
      ASSERT_TRUE(BuildCandidateCell(cell, steps.Input(in), out, &steps).ok());
      expected.min = Least(expected.min, steps.cost());
      expected.max = Most(expected.max, steps.cost());
    }
  }
  const auto range = RangeOfCells(grammar, in, out);
  ASSERT_TRUE(range.ok()) << range.status().message();
  EXPECT_EQ(range->min.macs, expected.min.macs);
  EXPECT_EQ(range->min.params, expected.min.params);
  EXPECT_EQ(range->max.macs, expected.max.macs);
  EXPECT_EQ(range->max.params, expected.max.params);
}

TEST(GrammarCost, GivesAnOpenSpaceARange) {
  const Space space = tests::PresetSpace("autospace");
  const auto model = CostModel::Make(space);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_GT(model->min().macs, model->fixed().macs);
  EXPECT_GT(model->max().macs, model->min().macs);
  EXPECT_TRUE(model->table()[0].empty());
}

// DARTS: the older input of a cell behind a reduction is twice as large and goes through a factorised reduction, which
// costs what the 1x1 convolution at the smaller size would.
TEST(CellCost, PreprocessesInputsOfTwoSizes) {
  const Cell cell = tests::PresetSpace("darts").network.cells[0];
  const auto shapes = ShapesInCell(cell, {{64, 8, 8}, {128, 4, 4}}, {128, 4, 4});
  ASSERT_TRUE(shapes.ok()) << shapes.status().message();
  EXPECT_EQ(shapes->node.channels, 32U);
  Steps steps;
  const auto made = BuildPreprocessing(cell, {steps.Input({64, 8, 8}), steps.Input({128, 4, 4})}, *shapes, &steps);
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(steps.cost().macs, (64U + 128U) * 32 * 16);
  EXPECT_EQ(steps.cost().params, (64U + 128U) * 32 + 4 * 32);
  const auto far = ShapesInCell(cell, {{64, 16, 16}, {128, 4, 4}}, {128, 4, 4});
  EXPECT_EQ(far.status().code(), base::Code::kUnimplemented);
  EXPECT_EQ(far.status().details().value, "16x16");
}

TEST(CellCost, ReadsTheLastLayersOldestFirst) {
  const Cell cell = tests::PresetSpace("darts").network.cells[0];
  EXPECT_EQ(CellInputs(cell, 0), (std::vector<size_t>{0, 0}));
  EXPECT_EQ(CellInputs(cell, 1), (std::vector<size_t>{1, 1}));
  EXPECT_EQ(CellInputs(cell, 2), (std::vector<size_t>{1, 2}));
  EXPECT_EQ(CellInputs(cell, 5), (std::vector<size_t>{4, 5}));
}

TEST(OperatorCost, NamesTheOperatorThatDoesNotFit) {
  const auto message_of = [](const OperatorDef& op, const Shape& in, const Shape& out) {
    Steps steps;
    const auto made = BuildOperator(op, steps.Input(in), out, &steps);
    EXPECT_EQ(made.status().code(), base::Code::kInvalidArgument) << op.kind;
    return made.status().message();
  };
  const Shape small = {8, 4, 4};
  EXPECT_NE(message_of(MakeOperator("identity"), small, {8, 2, 2}).find("makes 8x2x2 of 8x4x4"), std::string::npos);
  EXPECT_NE(message_of(MakeOperator("avg_pool", {Number("kernel", 3)}), small, {9, 4, 4}).find("pooling keeps"),
            std::string::npos);
  EXPECT_NE(
      message_of(MakeOperator("conv_bn", {Number("groups", 3), Number("kernel", 3)}), small, small).find("groups"),
      std::string::npos);
  EXPECT_NE(message_of(MakeOperator("shuffle_block", {Number("kernel", 3)}), {7, 4, 4}, {7, 4, 4}).find("halves"),
            std::string::npos);
  EXPECT_NE(message_of(MakeOperator("shuffle_xception"), small, {8, 2, 2}).find("more channels"), std::string::npos);
}

// Every kind of the registry that is no primitive of a graph has a cost.
TEST(OperatorCost, IsKnownForEveryKind) {
  for (const OperatorKind& kind : OperatorKinds()) {
    if ((kind.places & (kOnEdge | kAsLayer | kAsFixed)) == 0 || kind.name == "graph") continue;
    std::vector<Attribute> attributes;
    for (const AttributeSchema& schema : kind.attributes) {
      if (schema.required) attributes.push_back(Number(std::string(schema.name).c_str(), 3));
    }
    Steps steps;
    const Tensor in = steps.Input({8, 4, 4});
    EXPECT_TRUE(BuildOperator(MakeOperator(kind.name, attributes), in, {8, 4, 4}, &steps).ok()) << kind.name;
  }
}

}  // namespace
}  // namespace nasshrink::space
