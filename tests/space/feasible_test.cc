#include "space/feasible.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "shared_file.h"
#include "space/architecture.h"
#include "space/codec.h"
#include "space/count.h"
#include "space/operators.h"
#include "space/published_spaces.h"

namespace nasshrink::space {
namespace {

using Json = nlohmann::json;

Space Made(const v1::SearchSpace& message) {
  auto space = SpaceFromMessage(message);
  EXPECT_TRUE(space.ok()) << space.status().message();
  return *std::move(space);
}

void SetEnds(const Json& min, const Json& max, CostWindow* window) {
  if (!min.is_null()) window->min = min.get<int64_t>();
  if (!max.is_null()) window->max = max.get<int64_t>();
}

void CheckPublishedWindows(const Json& one, const v1::SearchSpace& message) {
  const Space space = Made(message);
  const auto model = CostModel::Make(space);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->fixed().macs, one["constant_macs"].get<uint64_t>());
  EXPECT_EQ(model->fixed().params, one["constant_params"].get<uint64_t>());
  EXPECT_EQ(model->min().macs, one["min_macs"].get<uint64_t>());
  EXPECT_EQ(model->max().macs, one["max_macs"].get<uint64_t>());
  EXPECT_EQ(model->min().params, one["min_params"].get<uint64_t>());
  EXPECT_EQ(model->max().params, one["max_params"].get<uint64_t>());
  for (const auto& row : one["expected"]) {
    CostWindow window{MacsOf(*model)};
    SetEnds(row[0], row[1], &window);
    const auto set = FeasibleSet::Make(space, {window});
    ASSERT_TRUE(set.ok()) << set.status().message();
    EXPECT_EQ(set->count().str(), row[2].get<std::string>()) << row;
    if (set->count() == 0) continue;
    const Architecture child = set->Draw(1, base::Purpose::kSampleSpace, 0);
    EXPECT_GE(static_cast<int64_t>(model->Macs(child)), window.min);
    EXPECT_LE(static_cast<int64_t>(model->Macs(child)), window.max);
  }
  if (!one.contains("joint")) return;
  for (const auto& row : one["joint"]) {
    std::vector<CostWindow> windows = {{MacsOf(*model)}, {ParamsOf(*model)}};
    SetEnds(row[0], row[1], &windows[0]);
    SetEnds(row[2], row[3], &windows[1]);
    const auto set = FeasibleSet::Make(space, windows);
    ASSERT_TRUE(set.ok());
    EXPECT_EQ(set->count(), row[4].get<uint64_t>()) << row;
  }
}

TEST(FeasibleSet, CountsPublishedSpacesExactly) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/counts.json");
  const Json fixture = Json::parse(std::ifstream(path));
  const std::map<std::string, v1::SearchSpace> spaces = {{"mobilenet-proxyless-gpu", tests::ProxylessGpu()},
                                                         {"mobilenet-proxyless-mobile", tests::ProxylessMobile()},
                                                         {"fairnas", tests::FairNas()},
                                                         {"nas-bench-macro", tests::NasBenchMacro()}};
  int checked = 0;
  for (const auto& one : fixture["cases"]) {
    const auto found = spaces.find(one["space"].get<std::string>());
    if (found == spaces.end()) continue;
    SCOPED_TRACE(found->first);
    CheckPublishedWindows(one, found->second);
    ++checked;
  }
  EXPECT_EQ(checked, 4);
}

// A chain whose candidates are all alike, for costs of a table.
Space Chain(const std::vector<size_t>& widths) {
  Space space;
  space.name = "chain";
  space.network.input_channels = 3;
  space.network.input_height = space.network.input_width = 8;
  space.network.classes = 2;
  for (uint32_t i = 0; i < widths.size(); ++i) {
    Choice choice;
    choice.key = std::to_string(i);
    for (size_t c = 0; c < widths[i]; ++c) {
      choice.candidates.push_back({static_cast<int32_t>(c), "conv", MakeOperator("conv_bn", {{"kernel", int64_t{3}}})});
    }
    space.choices.push_back(choice);
    space.network.layers.push_back({"layer", LayerChoice{i}, 0, 1});
  }
  Finish(space);
  return space;
}

struct TableCase {
  Space space;
  std::vector<AdditiveCost> costs;
};

TableCase FromTable(const Json& one) {
  std::vector<size_t> widths;
  for (const auto& row : one["table"]) widths.push_back(row.size());
  TableCase made{Chain(widths), std::vector<AdditiveCost>(3)};
  for (size_t w = 0; w < 3; ++w) {
    made.costs[w].fixed = one["constant"][w].get<int64_t>();
    for (const auto& row : one["table"]) {
      std::vector<int64_t> values;
      for (const auto& entry : row) values.push_back(entry[w + 1].get<int64_t>());
      made.costs[w].table.push_back(values);
    }
  }
  return made;
}

TEST(FeasibleSet, CountsJointWindowsAndContainedOperators) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/counts.json");
  const Json fixture = Json::parse(std::ifstream(path));
  int chains = 0;
  for (const auto& one : fixture["cases"]) {
    if (one["kind"] != "joint") continue;
    ++chains;
    const TableCase made = FromTable(one);
    for (const auto& row : one["joint"]) {
      std::vector<CostWindow> windows;
      for (size_t w = 0; w < 3; ++w) {
        windows.push_back({made.costs[w]});
        SetEnds(row[2 * w], row[2 * w + 1], &windows.back());
      }
      EXPECT_EQ(FeasibleSet::Make(made.space, windows)->count(), row[6].get<uint64_t>()) << row;
    }
    CostWindow window{made.costs[0]};
    window.max = one["containing"]["max_macs"].get<int64_t>();
    for (const auto& row : one["containing"]["rows"]) {
      const auto choice = row[0].get<uint32_t>();
      const auto& entries = one["table"][choice];
      uint32_t candidate = 0;
      while (entries[candidate][0] != row[1]) ++candidate;
      EXPECT_EQ(FeasibleSet::Make(made.space, {window}, {{choice, candidate}})->count(), row[2].get<uint64_t>()) << row;
    }
  }
  EXPECT_EQ(chains, 3);
}

// Every feasible child is drawn, none else, and equally often (chi-square, fixed seed).
void CheckUniform(const Space& space, const std::vector<CostWindow>& windows, const std::set<Architecture>& expected) {
  const auto set = FeasibleSet::Make(space, windows);
  ASSERT_TRUE(set.ok()) << set.status().message();
  ASSERT_EQ(set->count(), expected.size());
  std::map<Architecture, int> drawn;
  const size_t draws = 50 * expected.size();
  for (size_t i = 0; i < draws; ++i) ++drawn[set->Draw(11, base::Purpose::kSampleSpace, i)];
  double chi = 0;
  for (const Architecture& child : expected) {
    const double difference = drawn[child] - 50.0;
    chi += difference * difference / 50;
  }
  EXPECT_EQ(drawn.size(), expected.size());
  const auto freedom = static_cast<double>(expected.size() - 1);
  EXPECT_LT(std::abs(chi - freedom), 4 * std::sqrt(2 * freedom));
}

TEST(FeasibleSet, DrawsUniformlyInsideAWindow) {
  const Space space = Chain({3, 4, 2, 5});
  AdditiveCost cost;
  cost.fixed = 7;
  cost.table = {{1, 5, 9}, {0, 2, 2, 8}, {3, 4}, {0, 1, 2, 6, 10}};
  CostWindow window{cost, 14, 22};
  std::set<Architecture> expected;
  for (int i = 0; i < 120; ++i) {
    const Architecture child = NthChild(space, i);
    int64_t sum = cost.fixed;
    for (size_t c = 0; c < 4; ++c) sum += cost.table[c][child[c]];
    if (sum >= 14 && sum <= 22) expected.insert(child);
  }
  ASSERT_GT(expected.size(), 20U);
  ASSERT_LT(expected.size(), 100U);
  CheckUniform(space, {window}, expected);
}

// Uneven choices of edges make raw candidate lists unequal to networks.
TEST(FeasibleSet, DrawsNetworksUniformlyWhereNodesKeepSomeEdges) {
  v1::SearchSpace message = tests::DartsPairs();
  for (int i = 0; i < message.choices_size(); ++i) {
    v1::Choice* choice = message.mutable_choices(i);
    const bool node3 =
        choice->key() == "normal 3<-0" || choice->key() == "normal 3<-1" || choice->key() == "normal 3<-2";
    const int keep = choice->key() == "normal inputs of 3" ? 3 : (node3 ? i : 1);
    for (int c = 0; c < keep; ++c) choice->add_alive(static_cast<uint32_t>(c));
  }
  const Space space = Made(message);
  // Edges 2, 3, 4 have 2, 3, 4 operators: pairs give 6 + 8 + 12.
  ASSERT_EQ(Children(space), 26);
  std::set<Architecture> expected;
  for (int i = 0; i < 26; ++i) expected.insert(NthChild(space, i));
  CheckUniform(space, {}, expected);
  // An operator of an edge is contained only where the edge is kept: with 3<-0 fixed, pairs (0,1) and (0,2).
  EXPECT_EQ(FeasibleSet::Make(space, {}, {{2, 1}})->count(), 3 + 4);
}

TEST(SampleChildren, DoesNotDependOnHowManyAreAsked) {
  const Space space = tests::NasBench201();
  v1::SampleOptions options;
  options.set_seed(5);
  options.set_count(40);
  v1::Constraint* constraint = options.add_constraints();
  constraint->set_cost("macs");
  constraint->set_max(60e6);
  v1::OperatorRef* ref = options.add_containing();
  ref->set_choice(3);
  ref->set_candidate(3);
  const auto many = SampleChildren(space, options);
  ASSERT_TRUE(many.ok()) << many.status().message();
  options.set_count(10);
  const auto few = SampleChildren(space, options);
  EXPECT_EQ(std::vector<Architecture>(many->begin(), many->begin() + 10), *few);
  const auto model = CostModel::Make(space);
  for (const Architecture& child : *many) {
    EXPECT_LE(model->Macs(child), 60000000U);
    EXPECT_EQ(child[3], 3U);
  }
  options.set_seed(6);
  EXPECT_NE(*SampleChildren(space, options), *few);
}

TEST(SampleChildren, SpellsOutWhatCannotBeDrawn) {
  const Space space = tests::NasBench201();
  const auto status_of = [&](auto change) {
    v1::SampleOptions options;
    options.set_count(1);
    change(options);
    return SampleChildren(space, options).status();
  };
  const auto window = [](v1::SampleOptions& o, const char* cost) {
    v1::Constraint* constraint = o.add_constraints();
    constraint->set_cost(cost);
    return constraint;
  };
  EXPECT_EQ(status_of([&](auto& o) { window(o, "macs")->set_max(1); }).code(), base::Code::kFailedPrecondition);
  EXPECT_EQ(status_of([&](auto& o) { window(o, "joules")->set_max(1); }).details().field, "constraints[0].cost");
  EXPECT_EQ(status_of([&](auto& o) { window(o, "latency_ms")->set_max(1); }).details().field, "constraints[0].cost");
  EXPECT_EQ(status_of([&](auto& o) { window(o, "macs"); }).details().field, "constraints[0]");
  EXPECT_EQ(status_of([&](auto& o) { window(o, "macs")->set_min(INFINITY); }).details().field, "constraints[0].min");
  EXPECT_EQ(status_of([&](auto& o) {
              auto* c = window(o, "macs");
              c->set_min(2);
              c->set_max(1);
            })
                .details()
                .field,
            "constraints[0].min");
  EXPECT_EQ(status_of([](auto& o) { o.set_count(4000000000U); }).details().field, "count");
  EXPECT_EQ(status_of([](auto& o) { o.add_containing()->set_choice(6); }).details().field, "containing[0].choice");
  EXPECT_EQ(status_of([](auto& o) { o.add_containing()->set_candidate(5); }).details().field,
            "containing[0].candidate");
  EXPECT_EQ(status_of([](auto& o) {
              o.add_containing();
              o.add_containing()->set_candidate(1);
            })
                .details()
                .field,
            "containing[1].choice");
}

TEST(CountChildren, CountsLatencyWindowsInMicroseconds) {
  const Space space = Chain({2, 2});
  v1::CountOptions options;
  for (uint32_t choice = 0; choice < 2; ++choice) {
    for (uint32_t c = 0; c < 2; ++c) {
      v1::LatencyEntry* entry = options.mutable_latency()->add_entries();
      entry->set_choice(choice);
      entry->set_candidate(c);
      entry->set_mean_ms(c == 0 ? 0.1 : 0.2);
    }
  }
  v1::Constraint* constraint = options.add_constraints();
  constraint->set_cost("latency_ms");
  constraint->set_max(0.3);
  const auto report = CountChildren(space, options);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->children(), "4");
  EXPECT_EQ(report->feasible(), "3");
  EXPECT_DOUBLE_EQ(report->fraction(), 0.75);
}

TEST(CountChildren, TakesSpacesOfAnySizeWithoutConstraints) {
  const auto report = CountChildren(Made(tests::AutoSpaceOpen(2000)), {});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->children(), report->feasible());
  EXPECT_DOUBLE_EQ(report->fraction(), 1);
}

TEST(FeasibleSet, SaysWhenThereAreTooManyPartialSums) {
  const Space space = Chain(std::vector<size_t>(24, 8));
  AdditiveCost cost;
  base::Philox random(1, base::Purpose::kSynthetic);
  for (size_t i = 0; i < 24; ++i) {
    std::vector<int64_t> row;
    for (int c = 0; c < 8; ++c) row.push_back(static_cast<int64_t>(random.Below64(1'000'000'000'000)));
    cost.table.push_back(row);
  }
  const auto set = FeasibleSet::Make(space, {{cost, 0, 12'000'000'000'000}});
  EXPECT_EQ(set.status().code(), base::Code::kResourceExhausted);
}

// Two choices alone would give 400,000,000 sums.
TEST(FeasibleSet, StopsBeforeOneLevelFillsTheMemory) {
  const Space space = Chain({20000, 20000});
  AdditiveCost cost;
  base::Philox random(1, base::Purpose::kSynthetic);
  for (size_t i = 0; i < 2; ++i) {
    std::vector<int64_t> row;
    for (int c = 0; c < 20000; ++c) row.push_back(static_cast<int64_t>(random.Below64(1'000'000'000'000)));
    cost.table.push_back(row);
  }
  const auto set = FeasibleSet::Make(space, {{cost, 0, 3'000'000'000'000}, {cost, 0, 3'000'000'000'000}});
  EXPECT_EQ(set.status().code(), base::Code::kResourceExhausted);
}

TEST(FeasibleSet, RefusesOpenGrammars) {
  EXPECT_EQ(FeasibleSet::Make(Made(tests::AutoSpaceOpen(2)), {}).status().code(), base::Code::kFailedPrecondition);
}

}  // namespace
}  // namespace nasshrink::space
