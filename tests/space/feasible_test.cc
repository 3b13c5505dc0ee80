#include "space/feasible.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "shared_file.h"
#include "space/architecture.h"
#include "space/codec.h"
#include "space/cost_quantile.h"
#include "space/count.h"
#include "space/operators.h"
#include "space/published_spaces.h"
#include "space/sample_children.h"

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
    const auto set = FeasibleSet::Make(space, {{window}, {}, {}});
    ASSERT_TRUE(set.ok()) << set.status().message();
    EXPECT_EQ(set->most().str(), row[2].get<std::string>()) << row;
    if (set->most() == 0) continue;
    const Architecture child = set->Draw(1, base::Purpose::kSampleSpace, 0);
    EXPECT_GE(static_cast<int64_t>(model->Macs(child)), window.min);
    EXPECT_LE(static_cast<int64_t>(model->Macs(child)), window.max);
  }
  if (!one.contains("joint")) return;
  for (const auto& row : one["joint"]) {
    std::vector<CostWindow> windows = {{MacsOf(*model)}, {ParamsOf(*model)}};
    SetEnds(row[0], row[1], &windows[0]);
    SetEnds(row[2], row[3], &windows[1]);
    const auto set = FeasibleSet::Make(space, {windows, {}, {}});
    ASSERT_TRUE(set.ok());
    EXPECT_EQ(set->most(), row[4].get<uint64_t>()) << row;
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
      EXPECT_EQ(FeasibleSet::Make(made.space, {windows, {}, {}})->most(), row[6].get<uint64_t>()) << row;
    }
    CostWindow window{made.costs[0]};
    window.max = one["containing"]["max_macs"].get<int64_t>();
    for (const auto& row : one["containing"]["rows"]) {
      const auto choice = row[0].get<uint32_t>();
      const auto& entries = one["table"][choice];
      uint32_t candidate = 0;
      while (entries[candidate][0] != row[1]) ++candidate;
      EXPECT_EQ(FeasibleSet::Make(made.space, {{window}, {{choice, candidate}}, {}})->most(), row[2].get<uint64_t>())
          << row;
    }
  }
  EXPECT_EQ(chains, 3);
}

// Every feasible child is drawn, none else, and equally often (chi-square, fixed seed).
void CheckUniform(const Space& space, const std::vector<CostWindow>& windows, const std::set<Architecture>& expected) {
  const auto set = FeasibleSet::Make(space, {windows, {}, {}});
  ASSERT_TRUE(set.ok()) << set.status().message();
  ASSERT_EQ(set->most(), expected.size());
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
  EXPECT_EQ(FeasibleSet::Make(space, {{}, {{2, 1}}, {}})->most(), 3 + 4);
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

TEST(CountChildren, CountsLatencyWindowsInNanoseconds) {
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

AdditiveCost RandomCost(const Space& space, const char* name, uint64_t below, uint64_t seed) {
  AdditiveCost cost;
  cost.name = name;
  base::Philox random(seed, base::Purpose::kSynthetic);
  for (const Choice& choice : space.choices) {
    std::vector<int64_t> row;
    for (size_t c = 0; c < choice.candidates.size(); ++c) row.push_back(static_cast<int64_t>(random.Below64(below)));
    cost.table.push_back(row);
  }
  return cost;
}

int64_t CostOfChild(const AdditiveCost& cost, const Architecture& child) {
  int64_t sum = cost.fixed;
  for (size_t c = 0; c < child.size(); ++c) sum += cost.table[c][child[c]];
  return sum;
}

bool Inside(const std::vector<CostWindow>& windows, const Architecture& child) {
  return std::all_of(windows.begin(), windows.end(), [&](const CostWindow& window) {
    const int64_t sum = CostOfChild(window.cost, child);
    return window.min <= sum && sum <= window.max;
  });
}

// Six choices of four: 4,096 children whose costs hardly ever coincide.
struct FineWindows {
  Space space = Chain(std::vector<size_t>(6, 4));
  std::vector<CostWindow> windows = {{RandomCost(space, "a", 1'000'000'000'000, 1), 2'300'000'000'000},
                                     {RandomCost(space, "b", 1'000'000'000, 2), 0, 3'500'000'000}};
  std::set<Architecture> children;

  FineWindows() {
    for (int i = 0; i < 4096; ++i) {
      Architecture child = NthChild(space, i);
      if (Inside(windows, child)) children.insert(std::move(child));
    }
  }
};

// With room for a coarse table alone, the number lies between the bounds and listing makes it exact.
TEST(FeasibleSet, CoarseTablesKeepCountsAndDrawsExact) {
  const FineWindows fine;
  ASSERT_GT(fine.children.size(), 500U);
  ASSERT_LT(fine.children.size(), 4000U);
  for (const size_t bytes : {size_t{5'000}, size_t{20'000}, FeasibleSet::kMaxBytes}) {
    const auto set = FeasibleSet::Make(fine.space, {fine.windows, {}, {}}, bytes);
    ASSERT_TRUE(set.ok()) << set.status().message();
    EXPECT_EQ(set->most(), fine.children.size()) << bytes;
    EXPECT_TRUE(set->exact());
  }
  const auto none = FeasibleSet::Make(fine.space, {fine.windows, {}, {}}, 50);
  EXPECT_EQ(none.status().code(), base::Code::kResourceExhausted);
}

// Two windows at once, a million draws: chi-square at level 1e-4.
TEST(FeasibleSet, DrawsUniformlyUnderTwoWindows) {
  const FineWindows fine;
  constexpr int kDraws = 1'000'000;
  for (const size_t bytes : {size_t{5'000}, FeasibleSet::kMaxBytes}) {
    const auto set = FeasibleSet::Make(fine.space, {fine.windows, {}, {}}, bytes);
    ASSERT_TRUE(set.ok());
    std::map<Architecture, int> drawn;
    for (int i = 0; i < kDraws; ++i) ++drawn[set->Draw(3, base::Purpose::kSampleSpace, static_cast<uint64_t>(i))];
    const double expected = static_cast<double>(kDraws) / static_cast<double>(fine.children.size());
    double chi = 0;
    for (const auto& [child, times] : drawn) {
      ASSERT_EQ(fine.children.count(child), 1U);
      chi += (times - expected) * (times - expected) / expected;
    }
    EXPECT_EQ(drawn.size(), fine.children.size());
    // Wilson and Hilferty's normal approximation of the chi-square distribution; 3.719 is the normal's 1 - 1e-4.
    const double freedom = static_cast<double>(fine.children.size() - 1);
    const double ninth = 2 / (9 * freedom);
    EXPECT_LT((std::cbrt(chi / freedom) - (1 - ninth)) / std::sqrt(ninth), 3.719) << bytes;
  }
}

// Sums of 24 x 8 random costs up to 1e12 are nearly all different: far too many for an exact table.
TEST(FeasibleSet, BoundsTheNumberWhereTheExactTableIsTooLarge) {
  const Space space = Chain(std::vector<size_t>(24, 8));
  const std::vector<CostWindow> windows = {
      {RandomCost(space, "a", 1'000'000'000'000, 1), 0, 12'000'000'000'000},
      {RandomCost(space, "b", 1'000'000'000'000, 2), 11'000'000'000'000, 13'000'000'000'000}};
  const auto set = FeasibleSet::Make(space, {windows, {}, {}}, size_t{16} << 20);
  ASSERT_TRUE(set.ok()) << set.status().message();
  EXPECT_FALSE(set->exact());
  EXPECT_GT(set->least(), 0);
  EXPECT_LT(set->least(), set->most());
  EXPECT_LE(set->most(), Children(space));
  uint64_t inside = 0;
  for (uint64_t i = 0; i < 20'000; ++i) {
    EXPECT_TRUE(Inside(windows, set->Draw(1, base::Purpose::kSampleSpace, i)));
    const BigInt index = BigInt(Children(space) * i) / 20'000;
    if (Inside(windows, NthChild(space, index))) ++inside;
  }
  const double estimate = static_cast<double>(Children(space)) * static_cast<double>(inside) / 20'000;
  EXPECT_LT(static_cast<double>(set->least()), 1.1 * estimate);
  EXPECT_GT(static_cast<double>(set->most()), 0.9 * estimate);
}

// One level alone has 5,000 different costs, two would give 25,000,000 sums.
TEST(FeasibleSet, KeepsWithinItsMemory) {
  const Space space = Chain({5000, 5000});
  const std::vector<CostWindow> windows = {{RandomCost(space, "a", 1'000'000'000'000, 1), 0, 1'500'000'000'000}};
  const auto set = FeasibleSet::Make(space, {windows, {}, {}}, size_t{1} << 20);
  ASSERT_TRUE(set.ok()) << set.status().message();
  EXPECT_LT(set->least(), set->most());
  EXPECT_TRUE(Inside(windows, set->Draw(1, base::Purpose::kSampleSpace, 0)));
}

TEST(FeasibleSet, LeavesExcludedOperatorsOut) {
  const Space space = Chain({3, 4, 2});
  const auto count = [&](std::vector<Operator> containing, std::vector<Operator> excluding) {
    return FeasibleSet::Make(space, {{}, std::move(containing), std::move(excluding)})->most();
  };
  EXPECT_EQ(count({}, {{1, 0}, {1, 3}}), 3 * 2 * 2);
  EXPECT_EQ(count({{0, 1}}, {{1, 0}, {2, 1}}), 3);
  EXPECT_EQ(count({{2, 1}}, {{2, 1}}), 0);
  EXPECT_EQ(count({}, {{2, 0}, {2, 1}}), 0);
  EXPECT_EQ(FeasibleSet::Make(space, {{}, {}, {{0, 3}}}).status().details().field, "excluding[0].candidate");
}

TEST(FeasibleSet, SaysWhichWindowExcludesEverything) {
  const Space space = tests::NasBench201();
  v1::SampleOptions options;
  options.set_count(1);
  v1::Constraint* constraint = options.add_constraints();
  constraint->set_cost("params");
  constraint->set_min(1);
  constraint = options.add_constraints();
  constraint->set_cost("macs");
  constraint->set_max(1e6);
  const base::Status status = SampleChildren(space, options).status();
  EXPECT_EQ(status.code(), base::Code::kFailedPrecondition);
  EXPECT_EQ(status.details().field, "constraints[1].max");
  EXPECT_EQ(status.details().value, "1000000");
  EXPECT_NE(status.message().find("7783040..220119680"), std::string::npos) << status.message();
}

TEST(CostQuantile, IsTheCostThatAShareOfChildrenDoesNotExceed) {
  const Space space = tests::NasBench201();
  const auto model = CostModel::Make(space);
  std::vector<uint64_t> macs;
  for (int i = 0; i < 15625; ++i) macs.push_back(model->Macs(NthChild(space, i)));
  std::sort(macs.begin(), macs.end());
  for (const double share : {1e-9, 0.2, 0.5, 0.999, 1.0}) {
    const auto rank = static_cast<size_t>(std::ceil(share * 15625 - 1e-9)) - 1;
    EXPECT_EQ(static_cast<uint64_t>(*CostQuantile(space, MacsOf(*model), share)), macs[rank]) << share;
  }
  v1::CountOptions options;
  v1::Constraint* constraint = options.add_constraints();
  constraint->set_cost("macs");
  constraint->set_max_quantile(0.2);
  const auto report = CountChildren(space, options);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->constraints(0).max(), static_cast<double>(macs[3124]));
  EXPECT_GE(std::stoi(report->feasible()), 3125);
  constraint->set_max(1);
  EXPECT_EQ(CountChildren(space, options).status().details().field, "constraints[0].max_quantile");
  constraint->clear_max();
  constraint->set_max_quantile(20);
  EXPECT_EQ(CountChildren(space, options).status().details().field, "constraints[0].max_quantile");
}

TEST(FeasibleSet, RefusesOpenGrammars) {
  EXPECT_EQ(FeasibleSet::Make(Made(tests::AutoSpaceOpen(2)), {}).status().code(), base::Code::kFailedPrecondition);
}

}  // namespace
}  // namespace nasshrink::space
