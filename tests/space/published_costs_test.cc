// Multiply-adds and parameters that papers, repositories and benchmarks publish, to the last digit.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "packed_csv.h"
#include "shared_file.h"
#include "space/codec.h"
#include "space/cost.h"
#include "space/cost_report.h"
#include "space/notation.h"
#include "space/preset_options.h"
#include "space/preset_parts.h"
#include "space/published_networks.h"
#include "space/published_spaces.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

Architecture Codes(const Space& space, const std::string& text) {
  auto child = ImportArchitecture(space, "ops", text);
  EXPECT_TRUE(child.ok()) << child.status().message();
  return *std::move(child);
}

CostModel ModelOf(const Space& space, Counting counting = Counting::kConvFc) {
  auto model = CostModel::Make(space, 0, counting);
  EXPECT_TRUE(model.ok()) << model.status().message();
  return *std::move(model);
}

void ExpectCost(const Space& space, const std::string& codes, uint64_t macs, uint64_t params) {
  const CostModel model = ModelOf(space);
  const Architecture child = Codes(space, codes);
  EXPECT_EQ(model.Macs(child), macs) << space.name << ": " << codes;
  EXPECT_EQ(model.Params(child), params) << space.name << ": " << codes;
  const auto steps = model.StepsOfChild(child);
  ASSERT_TRUE(steps.ok()) << steps.status().message();
  EXPECT_EQ(steps->cost().macs, macs);
  EXPECT_EQ(steps->cost().params, params);
}

Space Finished(Space space) {
  Finish(space);
  const base::Status status = Validate(space);
  EXPECT_TRUE(status.ok()) << status.message();
  return space;
}

// MobileNetV2, FairNAS, ProxylessNAS, the networks of ABS, SPOS and DARTS.
TEST(PublishedCosts, OfPublishedNetworks) {
  for (const tests::PublishedNetwork& network : tests::PublishedNetworks()) {
    SCOPED_TRACE(network.name);
    ExpectCost(network.space, network.codes, network.macs, network.params);
  }
}

TEST(PublishedCosts, OfTheClassifierAsThopCountsIt) {
  const Space gpu = tests::PresetSpace("mobilenet-proxyless-gpu");
  const CostModel thop = ModelOf(gpu, Counting::kThop);
  const std::string abs_spos = "2 2 -1 0 0 -1 -1 0 5 -1 4 4 0 0 4 2 3 4 4 4 3";
  EXPECT_EQ(thop.Macs(Codes(gpu, abs_spos)), 472519064U);
  EXPECT_EQ(thop.Macs(Codes(gpu, "2 2 -1 -1 0 2 2 -1 5 -1 4 4 0 0 4 2 3 4 4 4 3")), 470693912U);
  EXPECT_EQ(thop.Params(Codes(gpu, abs_spos)), 5936776U);
}

// The README of megvii-model/SinglePathOneShot; its supernet's batch norm has no scale and shift.
TEST(PublishedCosts, OfTheShuffleNetOfSposWithoutScaleAndShift) {
  const Space space = tests::PresetSpace("spos-shufflenet");
  const std::string codes = "2 1 0 1 2 0 2 0 2 0 2 3 0 0 0 0 3 2 3 3";
  const auto report = CostOf(space, ModelOf(space), Codes(space, codes), {});
  EXPECT_EQ(report->params() - report->norm_params(), 3529312U);
}

// The same networks in the space that picks two inputs a node.
TEST(PublishedCosts, OfDartsNetsAgreeWithPickedInputs) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/notations.json");
  const auto fixture = nlohmann::json::parse(std::ifstream(path));
  const Space edges = tests::DartsEdges(48);
  v1::PresetOptions options;
  options.set_stem("imagenet");
  const Space pairs = tests::PresetSpace("darts", options);
  const CostModel model = ModelOf(pairs);
  int rows = 0;
  for (const auto& one : fixture["cases"]) {
    if (one["space"] != "darts") continue;
    for (const auto& row : one["rows"]) {
      const auto macs = row[4].get<uint64_t>();
      const auto params = row[5].get<uint64_t>();
      const std::string codes = row[1].get<std::string>() + " " + row[2].get<std::string>();
      ExpectCost(edges, codes, macs, params);
      const Architecture table = Codes(edges, codes);
      Architecture child(pairs.choices.size(), 0);
      for (size_t c = 0; c < 2; ++c) {
        const Cell& cell = pairs.network.cells[c];
        EdgeSubset used;
        for (uint32_t e = 0; e < 14; ++e) {
          const uint32_t code = table[14 * c + e];
          if (code == 0) continue;
          child[cell.edges[e].choice] = code - 1;
          used.edges.push_back(e);
        }
        for (const NodeInputs& inputs : cell.node_inputs) {
          const auto& candidates = pairs.choices[inputs.choice].candidates;
          for (uint32_t i = 0; i < candidates.size(); ++i) {
            const auto& pair = std::get<EdgeSubset>(candidates[i].body).edges;
            if (std::includes(used.edges.begin(), used.edges.end(), pair.begin(), pair.end())) child[inputs.choice] = i;
          }
        }
      }
      EXPECT_EQ(model.Macs(child), macs);
      EXPECT_EQ(model.Params(child), params);
      EXPECT_EQ(model.LiveMacs(child), macs);
      const auto steps = model.StepsOfChild(child);
      ASSERT_TRUE(steps.ok());
      EXPECT_EQ(steps->cost().macs, macs);
      EXPECT_EQ(steps->norm_params(), model.StepsOfChild(child)->norm_params());
      ++rows;
    }
  }
  EXPECT_EQ(rows, 100);
}

TEST(PublishedCosts, OfTheFixtureOfShuffleNets) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/notations.json");
  const auto fixture = nlohmann::json::parse(std::ifstream(path));
  const Space space = tests::PresetSpace("spos-shufflenet");
  const CostModel model = ModelOf(space);
  int rows = 0;
  for (const auto& one : fixture["cases"]) {
    if (one["space"] != "spos-shufflenet") continue;
    for (const auto& row : one["rows"]) {
      const auto report = CostOf(space, model, Codes(space, row[0].get<std::string>()), {});
      ASSERT_TRUE(report.ok());
      EXPECT_EQ(report->macs(), row[1].get<uint64_t>());
      EXPECT_EQ(report->params() - report->norm_params(), row[2].get<uint64_t>());
      EXPECT_EQ(report->params(), row[3].get<uint64_t>());
      ++rows;
    }
  }
  EXPECT_EQ(rows, 60);
}

// What each operator adds, by choice.
TEST(PublishedCosts, OfTheFixtureOfCostTables) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/counts.json");
  const auto fixture = nlohmann::json::parse(std::ifstream(path));
  int tables = 0;
  for (const auto& one : fixture["cases"]) {
    if (one["kind"] != "macs") continue;
    const std::string name = one["space"];
    const Space space = tests::PresetSpace(name.c_str());
    const CostModel model = ModelOf(space);
    EXPECT_EQ(model.fixed().macs, one["constant_macs"].get<uint64_t>()) << name;
    EXPECT_EQ(model.min().macs, one["min_macs"].get<uint64_t>()) << name;
    EXPECT_EQ(model.max().macs, one["max_macs"].get<uint64_t>()) << name;
    // This space's fixture leaves the scale and shift of batch norms out.
    const bool params = name != "spos-shufflenet";
    if (params) {
      EXPECT_EQ(model.fixed().params, one["constant_params"].get<uint64_t>()) << name;
    }
    ASSERT_EQ(one["table"].size(), space.choices.size()) << name;
    for (size_t choice = 0; choice < space.choices.size(); ++choice) {
      for (size_t c = 0; c < one["table"][choice].size(); ++c) {
        const auto& row = one["table"][choice][c];
        EXPECT_EQ(space.choices[choice].candidates[c].code, row[0].get<int>());
        EXPECT_EQ(model.table()[choice][c].macs, row[1].get<uint64_t>()) << name << " " << choice << " " << c;
        if (params) {
          EXPECT_EQ(model.table()[choice][c].params, row[2].get<uint64_t>()) << name << " " << choice << " " << c;
        }
      }
    }
    ++tables;
  }
  EXPECT_EQ(tables, 5);
}

TEST(PublishedCosts, OfNasBenchMacro) {
  NASSHRINK_SHARED_OR_SKIP(path, "data/nas_bench_macro/nas_bench_macro_cifar10.csv.gz");
  const tests::PackedCsv csv(path);
  const Space space = tests::PresetSpace("nas-bench-macro");
  const CostModel model = ModelOf(space);
  ASSERT_EQ(csv.size(), 3283U);
  for (size_t row = 0; row < csv.size(); ++row) {
    Architecture child;
    for (const char code : csv.At(row, "arch")) child.push_back(static_cast<uint32_t>(code - '0'));
    ASSERT_EQ(model.Macs(child), std::stoull(csv.At(row, "flops"))) << csv.At(row, "arch");
    ASSERT_EQ(model.Params(child), std::stoull(csv.At(row, "params"))) << csv.At(row, "arch");
  }
}

// The benchmark counts the classifier's ten biases as multiply-adds.
TEST(PublishedCosts, OfNasBench201) {
  NASSHRINK_SHARED_OR_SKIP(path, "data/nasbench201/nasbench201.csv.gz");
  const tests::PackedCsv csv(path);
  const Space space = tests::PresetSpace("nas-bench-201");
  const CostModel model = ModelOf(space);
  ASSERT_EQ(csv.size(), 15625U);
  for (size_t row = 0; row < csv.size(); ++row) {
    const auto child = ImportArchitecture(space, "nas-bench-201", csv.At(row, "arch_str"));
    ASSERT_TRUE(child.ok()) << child.status().message();
    ASSERT_EQ(model.Macs(*child) + 10, std::llround(1e6 * std::stod(csv.At(row, "flops_m")))) << row;
    ASSERT_EQ(model.Params(*child), std::llround(1e6 * std::stod(csv.At(row, "params_m")))) << row;
  }
}

// Once-for-All MobileNetV3 (Cai et al., ICLR 2020), width 1: squeeze-and-excite in stages 2, 4 and 5; the last 1x1
// convolution stands behind the pool, without batch norm. Candidates k3e3, k3e4, k3e6, k5e3, ..., identity.
Space OnceForAll() {
  Space space;
  space.name = "once-for-all";
  EXPECT_TRUE(SetInput({}, {}, &space.network).ok());
  AddFixed(&space, "stem", ConvNorm(3, "relu6"), 16, 2);
  AddFixed(&space, "first", MakeOperator("mb_block", {{"expansion", int64_t{1}}, {"kernel", int64_t{3}}}), 16);
  const std::pair<Stage, bool> stages[] = {
      {{24, 4, 2}, false}, {{40, 4, 2}, true}, {{80, 4, 2}, false}, {{112, 4, 1}, true}, {{160, 4, 2}, true}};
  for (const auto& [stage, squeezes] : stages) {
    for (uint32_t i = 0; i < stage.blocks; ++i) {
      Choice* choice = AddChoiceLayer(&space, stage.channels, i == 0 ? stage.stride : 1);
      for (int32_t code = 0; code < 9; ++code) {
        constexpr int64_t kExpansions[] = {3, 4, 6};
        std::vector<Attribute> attributes = {{"expansion", kExpansions[code % 3]},
                                             {"kernel", int64_t{3} + code / 3 * 2}};
        if (squeezes) attributes.push_back({"squeeze_excite", int64_t{4}});
        choice->candidates.push_back({code, "", MakeOperator("mb_block", attributes)});
      }
      if (i > 0) choice->candidates.push_back({-1, "identity", MakeOperator("identity")});
    }
  }
  AddFixed(&space, "expand", ConvNorm(1, "none"), 960);
  AddFixed(&space, "pool", MakeOperator("global_avg_pool"));
  OperatorDef mix = MakeOperator("graph");
  mix.graph = {{"conv", {0}, {{"channels", int64_t{1280}}, {"kernel", int64_t{1}}}}, {"h_swish", {1}, {}}};
  AddChoiceLayer(&space, 1280, 1)->candidates = {{0, "mix", mix}};
  AddFixed(&space, "classifier", MakeOperator("linear"));
  return Finished(std::move(space));
}

std::vector<uint32_t> Numbers(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<uint32_t>(stream), std::istream_iterator<uint32_t>()};
}

// Subnets with the costs that IntelLabs/DyNAS-T measured on the networks themselves.
TEST(PublishedCosts, OfOnceForAllSubnets) {
  NASSHRINK_SHARED_OR_SKIP(path, "data/imagenet_mobile/ofa_mbv3w10_imagenet.csv.gz");
  const tests::PackedCsv csv(path);
  const Space space = OnceForAll();
  const CostModel model = ModelOf(space);
  ASSERT_EQ(csv.size(), 2373U);
  for (size_t row = 0; row < csv.size(); ++row) {
    const auto kernels = Numbers(csv.At(row, "ks"));
    const auto expansions = Numbers(csv.At(row, "e"));
    const auto depths = Numbers(csv.At(row, "d"));
    Architecture child;
    for (uint32_t i = 0; i < 20; ++i) {
      const uint32_t candidate = (kernels[i] - 3) / 2 * 3 + (expansions[i] == 6 ? 2 : expansions[i] - 3);
      child.push_back(i % 4 < depths[i / 4] ? candidate : 9);
    }
    child.push_back(0);
    ASSERT_EQ(model.Macs(child), std::stoull(csv.At(row, "macs"))) << row;
    ASSERT_EQ(model.Params(child), std::stoull(csv.At(row, "params"))) << row;
  }
}

}  // namespace
}  // namespace nasshrink::space
