#include "space/latency_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "space/architecture.h"
#include "space/cost_report.h"
#include "space/latency_formats.h"
#include "space/latency_presets.h"
#include "space/operators.h"
#include "space/presets.h"
#include "space/sample_children.h"

namespace nasshrink::space {
namespace {

Space PresetOf(const std::string& name, const v1::PresetOptions& options = {}) {
  auto space = Preset(name, options);
  EXPECT_TRUE(space.ok()) << space.status().message();
  return *std::move(space);
}

v1::LatencyTable Read(const std::string& text, const std::string& device = "") {
  auto table = ReadLatency("", device, text);
  EXPECT_TRUE(table.ok()) << table.status().message();
  return *std::move(table);
}

// A table with a time of its own for every operator of the space.
v1::LatencyTable TableFor(const Space& space) {
  v1::LatencyTable table;
  table.set_fixed_by_key(true);
  const auto report = LatencyModel::Report(space, table);
  EXPECT_TRUE(report.ok()) << report.status().message();
  for (int i = 0; i < report->missing_size(); ++i) {
    v1::OperatorLatency* one = table.add_operators();
    one->set_key(report->missing(i).key());
    one->set_mean_ms(0.001 * (i + 1) + 0.0000004);
    one->set_variance(0.01 * (i % 7));
    one->set_count(static_cast<uint64_t>(10 + i));
  }
  return table;
}

TEST(OperatorKeys, SayWhatStandsWhere) {
  const auto places = PlacesOf(PresetOf("mobilenet-proxyless-mobile"), 224, 224);
  ASSERT_TRUE(places.ok());
  EXPECT_EQ(places->operators[0].key, "conv_bn activation=relu6 kernel=3 in=3x224x224 out=32x112x112 stride=2");
  EXPECT_EQ(places->operators[1].key, "mb_block expansion=1 kernel=3 in=32x112x112 out=16x112x112 stride=1");
  EXPECT_EQ(places->operators[2].key, "mb_block expansion=3 kernel=3 in=16x112x112 out=32x56x56 stride=2");
  EXPECT_EQ(places->operators.back().key, "linear in=1280x1x1 out=1000x1x1 stride=1");
  EXPECT_EQ(places->fixed.size(), 5U);
  // Six places of five stages, 6 operators in each first and each later one, and 6 in the last stage.
  EXPECT_EQ(places->operators.size(), 5U + 6 * 11);
}

TEST(OperatorKeys, SpellOutGraphsAndCells) {
  OperatorDef graph = MakeOperator("graph");
  graph.graph = {
      {"conv", {0}, {{"groups", int64_t{2}}, {"kernel", int64_t{1}}}}, {"relu", {1}, {}}, {"add", {0, 2}, {}}};
  const OperatorPlace place = {{8, 4, 4}, {8, 4, 4}, 1};
  EXPECT_EQ(OperatorKey(graph, place), "graph[conv<0 groups=2 kernel=1; relu<1; add<0<2] in=8x4x4 out=8x4x4 stride=1");
  CellCandidate cell;
  cell.nodes = 3;
  cell.ratio = 6;
  cell.merges = {Merge::kProduct};
  cell.edges = {{0, 1, MakeOperator("conv", {{"kernel", int64_t{3}}})}, {0, 2, MakeOperator("none")}};
  EXPECT_EQ(OperatorKey(cell, place),
            "cell[nodes=3 ratio=6 merges=product; 1<0 conv kernel=3; 2<0 none] in=8x4x4 out=8x4x4 stride=1");
  EXPECT_EQ(LabelKey("k3_e1_g2", place), "label k3_e1_g2 in=8x4x4 out=8x4x4 stride=1");
}

// The same sums, taken operator by operator over the network of one child.
TEST(LatencyModel, AddsTheOperatorsOfAChild) {
  const Space space = PresetOf("nas-bench-201");
  const v1::LatencyTable table = TableFor(space);
  std::map<std::string, const v1::OperatorLatency*> times;
  for (const v1::OperatorLatency& one : table.operators()) times[one.key()] = &one;
  const auto model = LatencyModel::Make(space, table);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const Architecture child = {3, 1, 2, 0, 4, 3};
  std::map<std::string, int> runs;
  for (const char* fixed :
       {"conv_bn kernel=3 in=3x32x32 out=16x32x32 stride=1", "resnet_block in=16x32x32 out=32x16x16 stride=2",
        "resnet_block in=32x16x16 out=64x8x8 stride=2", "bn_relu in=64x8x8 out=64x8x8 stride=1",
        "global_avg_pool in=64x8x8 out=64x1x1 stride=1", "linear in=64x1x1 out=10x1x1 stride=1"}) {
    runs[fixed] = 1;
  }
  for (const char* shape : {"16x32x32", "32x16x16", "64x8x8"}) {
    runs[fmt::format("relu_conv_bn kernel=3 in={0} out={0} stride=1", shape)] = 2 * 5;
    runs[fmt::format("relu_conv_bn kernel=1 in={0} out={0} stride=1", shape)] = 5;
    runs[fmt::format("avg_pool kernel=3 in={0} out={0} stride=1", shape)] = 5;
  }
  int64_t nanoseconds = 0;
  double variance = 0;
  double squared_error = 0;
  for (const auto& [key, n] : runs) {
    ASSERT_EQ(times.count(key), 1U) << key;
    const v1::OperatorLatency& one = *times[key];
    nanoseconds += n * std::llround(one.mean_ms() * 1e6);
    variance += n * one.variance();
    squared_error += n * n * one.variance() / static_cast<double>(one.count());
  }
  const LatencyEstimate estimate = model->Of(child);
  EXPECT_EQ(estimate.nanoseconds, nanoseconds);
  EXPECT_NEAR(estimate.variance.value(), variance, 1e-12);
  EXPECT_NEAR(estimate.error_ms.value(), std::sqrt(squared_error), 1e-12);
}

TEST(LatencyModel, CountsOnlyKeptEdges) {
  const Space space = PresetOf("darts");
  const auto model = LatencyModel::Make(space, TableFor(space));
  ASSERT_TRUE(model.ok()) << model.status().message();
  Architecture child = NthChild(space, 123456789);
  const int64_t before = model->Of(child).nanoseconds;
  Architecture canonical = Canonical(space, child);
  for (size_t choice = 0; choice < child.size(); ++choice) {
    if (child[choice] == canonical[choice] && space.choices[choice].candidates.size() > child[choice] + 1) {
      Architecture other = child;
      ++other[choice];
      if (Canonical(space, other) != canonical) continue;
      EXPECT_EQ(model->Of(other).nanoseconds, before);
    }
  }
  const auto report = LatencyModel::Report(space, TableFor(space));
  ASSERT_TRUE(report.ok());
  EXPECT_LE(report->min_ms() * 1e6, static_cast<double>(before));
  EXPECT_GE(report->max_ms() * 1e6, static_cast<double>(before));
}

TEST(LatencyModel, DoesNotInventSpread) {
  const Space space = PresetOf("nas-bench-macro");
  v1::LatencyTable table = TableFor(space);
  table.mutable_operators(2)->clear_count();
  const auto model = LatencyModel::Make(space, table);
  ASSERT_TRUE(model.ok());
  int unknown = 0;
  for (int i = 0; i < 6561; ++i) unknown += model->Of(NthChild(space, i)).variance ? 0 : 1;
  EXPECT_EQ(unknown, 2187);  // children with that operator in their first layer
}

TEST(LatencyModel, NamesWhatIsMissing) {
  const Space space = PresetOf("mobilenet-proxyless-mobile");
  v1::LatencyTable table = TableFor(space);
  const std::string key = "mb_block expansion=6 kernel=5 in=40x28x28 out=40x28x28 stride=1";
  for (int i = 0; i < table.operators_size(); ++i) {
    if (table.operators(i).key() != key) continue;
    table.mutable_operators()->DeleteSubrange(i, 1);
    break;
  }
  const auto report = LatencyModel::Report(space, table);
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(report->missing_size(), 1);
  EXPECT_EQ(report->missing(0).key(), key);
  EXPECT_EQ(report->missing(0).layers_size(), 3);
  EXPECT_EQ(report->missing(0).candidates_size(), 3);
  EXPECT_FALSE(report->has_min_ms());
  const auto model = LatencyModel::Make(space, table);
  EXPECT_EQ(model.status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(model.status().details().value, key);
}

TEST(LatencyModel, RefusesTablesThatDoNotFit) {
  const Space space = PresetOf("nas-bench-macro");
  const auto field_of = [&](auto change) {
    v1::LatencyTable table = TableFor(space);
    change(table);
    return LatencyModel::Make(space, table).status().details().field;
  };
  EXPECT_EQ(field_of([](auto& t) { t.set_resolution(224); }), "latency.resolution");
  EXPECT_EQ(field_of([](auto& t) { t.mutable_operators(1)->set_key(t.operators(0).key()); }),
            "latency.operators[1].key");
  EXPECT_EQ(field_of([](auto& t) { t.mutable_operators(1)->set_mean_ms(-1); }), "latency.operators[1].mean_ms");
  EXPECT_EQ(field_of([](auto& t) { t.mutable_operators(1)->set_variance(-1); }), "latency.operators[1].variance");
  EXPECT_EQ(field_of([](auto& t) { t.mutable_children(); }), "latency.children");
  v1::LatencyTable huge = TableFor(PresetOf("nas-bench-201"));
  for (auto& one : *huge.mutable_operators()) one.set_mean_ms(1e9);
  v1::PresetOptions options;
  options.set_cells(300);
  EXPECT_TRUE(LatencyModel::Make(PresetOf("nas-bench-201"), huge).ok());
  EXPECT_EQ(LatencyModel::Make(PresetOf("nas-bench-201", options), huge).status().code(), base::Code::kOutOfRange);
}

TEST(LatencyPresets, CoverBothSpacesOfPadNas) {
  ASSERT_EQ(LatencyPresets().size(), 1U);
  const auto table = LatencyPreset(LatencyPresets()[0].name);
  ASSERT_TRUE(table.ok()) << table.status().message();
  for (const char* name : {"pad-nas-basic", "pad-nas-large"}) {
    const Space space = PresetOf(name);
    const auto report = LatencyModel::Report(space, *table);
    ASSERT_TRUE(report.ok()) << report.status().message();
    EXPECT_EQ(report->missing_size(), 0) << name;
    EXPECT_LT(report->min_ms(), report->max_ms());
    const auto model = LatencyModel::Make(space, *table);
    ASSERT_TRUE(model.ok());
    EXPECT_TRUE(model->Of(NthChild(space, 0)).variance.has_value());
  }
  EXPECT_EQ(LatencyPreset("pad").status().details().field, "name");
}

// ---- Whole networks ----

v1::LatencyTable Measured(const Space& space, int step) {
  v1::LatencyTable table;
  std::vector<Architecture> children;
  for (int i = 0; i < 15625; i += step) {
    children.push_back(NthChild(space, i));
    table.add_children_ms(1 + 0.001 * ((i * 7919) % 15625));
  }
  ArchitecturesToMessage(space, children, table.mutable_children());
  return table;
}

TEST(ChildTimes, AreLookedUp) {
  const Space space = PresetOf("nas-bench-201");
  v1::CostQuery query;
  *query.mutable_latency() = Measured(space, 5);
  const auto model = CostModel::Make(space);
  const auto report = CostOf(space, *model, NthChild(space, 10), query);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_DOUBLE_EQ(report->latency_ms(), 1 + 0.001 * ((10 * 7919) % 15625));
  EXPECT_EQ(CostOf(space, *model, NthChild(space, 11), query).status().code(), base::Code::kNotFound);
}

TEST(ChildTimes, BoundCountsAndDraws) {
  const Space space = PresetOf("nas-bench-201");
  v1::CountOptions options;
  *options.mutable_latency() = Measured(space, 1);
  v1::Constraint* time = options.add_constraints();
  time->set_cost("latency_ms");
  time->set_max(6);
  v1::Constraint* macs = options.add_constraints();
  macs->set_cost("macs");
  macs->set_min(1e8);
  const auto model = CostModel::Make(space);
  int expected = 0;
  for (int i = 0; i < 15625; ++i) {
    expected += options.latency().children_ms(i) <= 6 && model->Macs(NthChild(space, i)) >= 100'000'000 ? 1 : 0;
  }
  const auto report = CountChildren(space, options);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->feasible(), std::to_string(expected));
  time->clear_max();
  time->set_max_quantile(0.25);
  const auto quarter = CountChildren(space, options);
  ASSERT_TRUE(quarter.ok());
  EXPECT_DOUBLE_EQ(quarter->constraints(0).max(), 1 + 0.001 * 3906);  // the 3,907th of 15,625
  v1::SampleOptions sample;
  sample.set_count(200);
  *sample.mutable_latency() = options.latency();
  *sample.mutable_constraints() = options.constraints();
  const auto drawn = SampleChildren(space, sample);
  ASSERT_TRUE(drawn.ok()) << drawn.status().message();
  v1::CostQuery query;
  *query.mutable_latency() = options.latency();
  for (const Architecture& child : *drawn) {
    EXPECT_GE(model->Macs(child), 100'000'000U);
    EXPECT_LE(CostOf(space, *model, child, query)->latency_ms(), 4.906 + 1e-9);
  }
}

TEST(ChildTimes, RefuseWhatDoesNotFit) {
  const Space space = PresetOf("nas-bench-201");
  const auto field_of = [&](auto change) {
    v1::LatencyTable table = Measured(space, 1000);
    change(table);
    return LatencyModel::Report(space, table).status().details().field;
  };
  EXPECT_EQ(field_of([](auto& t) { t.set_fixed_ms(1); }), "latency.children");
  EXPECT_EQ(field_of([](auto& t) { t.add_children_ms(1); }), "latency.children_ms");
  EXPECT_EQ(field_of([](auto& t) { t.mutable_children()->set_choices(5); }), "latency.children.choices");
  EXPECT_EQ(field_of([](auto& t) { t.mutable_children()->set_candidates(7, 5); }), "latency.children.candidates[6]");
  EXPECT_EQ(field_of([](auto& t) { t.set_children_ms(2, -1); }), "latency.children_ms[2]");
  EXPECT_EQ(field_of([](auto& t) {
              for (int i = 0; i < 6; ++i) t.mutable_children()->set_candidates(6 + i, t.children().candidates(i));
            }),
            "latency.children_ms[1]");
  EXPECT_EQ(field_of([](auto& t) { t.mutable_children()->set_root_fingerprint(std::string(32, 'x')); }),
            "latency.children.root_fingerprint");
}

// ---- Text ----

TEST(LatencyText, ComesBackAsItWas) {
  const Space space = PresetOf("nas-bench-macro");
  v1::LatencyTable table = TableFor(space);
  table.set_device("a, \"quoted\" device");
  table.set_resolution(32);
  for (const bool by_key : {true, false}) {
    table.set_fixed_by_key(by_key);
    table.set_fixed_ms(by_key ? 0 : 1.25);
    const auto text = WriteLatency(table);
    ASSERT_TRUE(text.ok()) << text.status().message();
    EXPECT_EQ(Read(*text).SerializeAsString(), table.SerializeAsString());
  }
}

TEST(LatencyText, PointsAtTheCell) {
  const auto field_of = [](const std::string& text) { return ReadLatency("", "", text).status().details().field; };
  const std::string header = "key,mean_ms,variance,count,device,resolution\n";
  EXPECT_EQ(field_of(header + "a,1,0,0,x,32\nb,fast,0,0,x,32\n"), "line 3, column mean_ms");
  EXPECT_EQ(field_of(header + "a,nan,0,0,x,32\n"), "line 2, column mean_ms");
  EXPECT_EQ(field_of(header + "a,-1,0,0,x,32\n"), "line 2, column mean_ms");
  EXPECT_EQ(field_of(header + "a,1,-1,0,x,32\n"), "line 2, column variance");
  EXPECT_EQ(field_of(header + "a,1,0,1.5,x,32\n"), "line 2, column count");
  EXPECT_EQ(field_of(header + "a,1,0,0,x,32\nb,1,0,0,y,32\n"), "line 3, column device");
  EXPECT_EQ(field_of(header + "a,1,0,0,x,32\nb,1,0,0,x,64\n"), "line 3, column resolution");
  EXPECT_EQ(field_of(header + "a,1,0,0,x,32\na,1,0,0,x,32\n"), "line 3, column key");
  EXPECT_EQ(field_of(header + "a,1,0,0,x\n"), "line 2");
  EXPECT_EQ(field_of(header + "\"a,1,0,0,x\n"), "line 2");
  EXPECT_EQ(field_of(header + "a,1,0,0,x,32\nb\xeb,1,0,0,x,32\n"), "line 3");
  EXPECT_EQ(field_of("key,key\n"), "line 1");
  EXPECT_EQ(field_of("name,mean_ms\na,1\n"), "line 1");
  EXPECT_EQ(field_of(""), "text");
  EXPECT_EQ(ReadLatency("yaml", "", header).status().details().field, "format");
}

}  // namespace
}  // namespace nasshrink::space
