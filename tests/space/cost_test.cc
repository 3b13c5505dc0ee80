#include "space/cost.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "shared_file.h"
#include "space/additive_cost.h"
#include "space/architecture.h"
#include "space/codec.h"
#include "space/cost_report.h"
#include "space/latency_model.h"
#include "space/notation.h"
#include "space/published_spaces.h"

namespace nasshrink::space {
namespace {

Architecture Codes(const Space& space, const std::string& text) {
  auto child = ImportArchitecture(space, "ops", text);
  EXPECT_TRUE(child.ok()) << child.status().message();
  return *std::move(child);
}

Space Made(const v1::SearchSpace& message) {
  auto space = SpaceFromMessage(message);
  EXPECT_TRUE(space.ok()) << space.status().message();
  return *std::move(space);
}

TEST(CostModel, GivesThePublishedCostsOfNasBench201) {
  const Space space = tests::NasBench201();
  const auto model = CostModel::Make(space);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const struct {
    const char* codes;
    uint64_t macs;
    uint64_t params;
  } cases[] = {{"3 3 3 3 3 3", 220119680, 1531546},
               {"2 2 2 2 2 2", 31376000, 241306},
               {"1 1 1 1 1 1", 7783040, 73306},
               {"3 3 3 1 3 2", 153272960, 1073466}};
  for (const auto& one : cases) {
    const Architecture child = Codes(space, one.codes);
    EXPECT_EQ(model->Macs(child), one.macs) << one.codes;
    EXPECT_EQ(model->Params(child), one.params) << one.codes;
  }
  EXPECT_EQ(model->min().macs, 7783040U);
  EXPECT_EQ(model->max().params, 1531546U);
}

// 2 * 3037000500^2 is 290948384 modulo 2^64.
TEST(CostModel, RefusesResolutionsWhoseSizesWouldWrap) {
  v1::SearchSpace message;
  message.set_schema_version(1);
  v1::Network* network = message.mutable_network();
  network->set_input_channels(2);
  network->set_input_height(8);
  network->set_input_width(8);
  network->set_classes(2);
  network->add_layers()->set_choice(0);
  v1::Choice* choice = message.add_choices();
  choice->set_key("layer");
  v1::OperatorDef* op = choice->add_candidates()->mutable_op();
  op->set_kind("relu_conv_bn");
  v1::Attribute* kernel = op->add_attributes();
  kernel->set_name("kernel");
  kernel->set_integer(3);
  const Space space = Made(message);
  EXPECT_TRUE(CostModel::Make(space, 16).ok());
  const base::Status wrapping = CostModel::Make(space, 3037000500U).status();
  EXPECT_EQ(wrapping.code(), base::Code::kInvalidArgument);
  EXPECT_EQ(wrapping.details().field, "resolution");
}

TEST(CostModel, AgreesWithTheFixtureDeadEdgesIncluded) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/notations.json");
  const auto fixture = nlohmann::json::parse(std::ifstream(path));
  const Space space = tests::NasBench201();
  const auto model = CostModel::Make(space);
  ASSERT_TRUE(model.ok());
  for (const auto& one : fixture["cases"]) {
    if (one["space"] != "nas-bench-201") continue;
    for (const auto& row : one["rows"]) {
      const auto report = CostOf(space, *model, Codes(space, row[2].get<std::string>()), {});
      ASSERT_TRUE(report.ok());
      EXPECT_EQ(report->macs(), row[3].get<uint64_t>());
      EXPECT_EQ(report->params(), row[4].get<uint64_t>());
      EXPECT_EQ(report->cell_paths(0), row[5].get<uint64_t>());
      EXPECT_EQ(report->live_macs(), row[7].get<uint64_t>());
      EXPECT_EQ(report->live_params(), row[8].get<uint64_t>());
      EXPECT_FALSE(report->has_latency_ms());
    }
  }
}

TEST(CostModel, AgreesWithTheFixtureOnMobileChains) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/notations.json");
  const auto fixture = nlohmann::json::parse(std::ifstream(path));
  const std::pair<const char*, Space> spaces[] = {{"mobilenet-proxyless-gpu", Made(tests::ProxylessGpu())},
                                                  {"mobilenet-proxyless-mobile", Made(tests::ProxylessMobile())},
                                                  {"fairnas", Made(tests::FairNas())},
                                                  {"nas-bench-macro", Made(tests::NasBenchMacro())}};
  int rows = 0;
  for (const auto& one : fixture["cases"]) {
    for (const auto& [name, space] : spaces) {
      if (one["space"] != name) continue;
      const auto model = CostModel::Make(space);
      ASSERT_TRUE(model.ok()) << model.status().message();
      for (const auto& row : one["rows"]) {
        const size_t width = row.size();
        const Architecture child = Codes(space, row[width - 3].get<std::string>());
        EXPECT_EQ(model->Macs(child), row[width - 2].get<uint64_t>()) << name;
        EXPECT_EQ(model->Params(child), row[width - 1].get<uint64_t>()) << name;
        EXPECT_EQ(model->LiveMacs(child), model->Macs(child));
        ++rows;
      }
    }
  }
  EXPECT_GE(rows, 400);
}

// ABS Table 4 and the ProxylessNAS paper.
TEST(CostModel, GivesThePublishedCostsOfMobileNets) {
  const Space space = Made(tests::ProxylessGpu());
  const auto model = CostModel::Make(space);
  ASSERT_TRUE(model.ok());
  const Architecture abs = Codes(space, "2 2 -1 0 0 -1 -1 0 5 -1 4 4 0 0 4 2 3 4 4 4 3");
  EXPECT_EQ(model->Macs(abs), 470792064U);
  EXPECT_EQ(model->Params(abs), 5936776U);
  const Architecture proxyless = Codes(space, "2 -1 -1 -1 4 -1 -1 0 5 -1 -1 2 3 -1 0 2 5 5 5 3 5");
  EXPECT_EQ(model->Macs(proxyless), 465260160U);
  EXPECT_EQ(model->Params(proxyless), 7119848U);
}

TEST(CostModel, ScalesWithTheResolution) {
  const Space space = tests::NasBench201();
  const Architecture child = Codes(space, "3 3 3 3 3 3");
  const auto half = CostModel::Make(space, 16);
  const auto full = CostModel::Make(space);
  ASSERT_TRUE(half.ok());
  EXPECT_EQ(half->Params(child), full->Params(child));
  EXPECT_EQ((full->Macs(child) - 640) / 4, half->Macs(child) - 640);
  const auto odd = CostModel::Make(space, 18);
  EXPECT_EQ(odd.status().code(), base::Code::kInvalidArgument);
  EXPECT_NE(odd.status().message().find("resolution 18"), std::string::npos);
}

// 3000 cells of 65,536 channels at 128x256: above 2^63 multiply-adds.
TEST(CostModel, RefusesNetworksWhoseCostDoesNotFit) {
  v1::SearchSpace message;
  SpaceToMessage(tests::NasBench201(), &message);
  v1::Network* network = message.mutable_network();
  network->set_input_height(128);
  network->set_input_width(256);
  const v1::Layer cell = network->layers(1);
  network->mutable_layers()->DeleteSubrange(1, network->layers_size() - 1);
  network->mutable_layers(0)->set_out_channels(65536);
  for (int i = 0; i < 3000; ++i) *network->add_layers() = cell;
  EXPECT_EQ(CostModel::Make(Made(message)).status().code(), base::Code::kOutOfRange);
}

v1::LatencyTable Latencies(const Space& space) {
  v1::LatencyTable table;
  table.set_fixed_ms(1.5);
  for (uint32_t choice = 0; choice < space.choices.size(); ++choice) {
    for (uint32_t c = 0; c < space.choices[choice].candidates.size(); ++c) {
      v1::LatencyEntry* entry = table.add_entries();
      entry->set_choice(choice);
      entry->set_candidate(c);
      entry->set_mean_ms(0.1 * c + 0.0000004);
    }
  }
  return table;
}

TEST(Latency, IsAddedInNanoseconds) {
  const Space space = tests::NasBench201();
  v1::CostQuery query;
  *query.mutable_latency() = Latencies(space);
  const auto model = CostModel::Make(space);
  const auto report = CostOf(space, *model, {0, 1, 2, 3, 4, 0}, query);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_DOUBLE_EQ(report->latency_ms(), 2.5);
}

TEST(Latency, NamesTheEntryAtFault) {
  const Space space = tests::NasBench201();
  const auto field_of = [&](auto change) {
    v1::LatencyTable table = Latencies(space);
    change(table);
    const auto cost = LatencyModel::Make(space, table);
    EXPECT_EQ(cost.status().code(), base::Code::kInvalidArgument);
    return cost.status().details().field;
  };
  EXPECT_EQ(field_of([](auto& t) { t.set_fixed_ms(-1); }), "latency.fixed_ms");
  EXPECT_EQ(field_of([](auto& t) { t.mutable_entries(3)->set_mean_ms(-0.1); }), "latency.entries[3].mean_ms");
  EXPECT_EQ(field_of([](auto& t) { t.mutable_entries(3)->set_mean_ms(0.0 / 0.0); }), "latency.entries[3].mean_ms");
  EXPECT_EQ(field_of([](auto& t) { t.mutable_entries(3)->set_choice(6); }), "latency.entries[3].choice");
  EXPECT_EQ(field_of([](auto& t) { t.mutable_entries(3)->set_candidate(5); }), "latency.entries[3].candidate");
  EXPECT_EQ(field_of([](auto& t) { *t.add_entries() = t.entries(0); }), "latency.entries[30]");
  EXPECT_EQ(field_of([](auto& t) { t.mutable_entries()->RemoveLast(); }), "latency.operators");
}

}  // namespace
}  // namespace nasshrink::space
