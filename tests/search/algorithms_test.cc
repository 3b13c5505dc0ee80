// What is particular to each algorithm: who breeds, who leaves, where the walk goes, how the policy moves.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/non_dominated_sort.h"
#include "score/chain_space.h"
#include "search/study_driver.h"
#include "space/cost.h"
#include "space/hamming.h"
#include "space/presets.h"

namespace nasshrink {
namespace {

using search::Study;
using space::Architecture;
using tests::ChildOf;
using tests::Failed;
using tests::ListOf;
using tests::Nsga2;
using tests::Observed;
using tests::Options;
using tests::Started;
using tests::WarmStart;

space::Space Cells() { return *space::Preset("nas-bench-201", {}); }

double Sum(const Architecture& child) {
  double sum = 0;
  for (const uint32_t candidate : child) sum += candidate;
  return sum;
}

v1::Observation Two(const v1::Trial& trial, const char* name, double first, const char* other, double second) {
  v1::Observation observation = Observed(trial, first, name);
  v1::NamedValue* value = observation.add_metrics();
  value->set_name(other);
  value->set_value(second);
  return observation;
}

// The best of the population is told to be old, so that it has left by the time its children would be made.
TEST(RegularizedEvolution, ChildrenAreNeighboursOfTheYoungAlone) {
  const space::Space space = Cells();
  v1::StudyOptions options = Options("regularized_evolution", 60);
  options.mutable_search()->mutable_evolution()->set_population(10);
  options.mutable_search()->mutable_evolution()->set_sample_size(10);
  const auto study = Started(space, options);
  std::vector<Architecture> made;
  while (made.size() < 60) {
    const auto asked = study->Ask(100);
    // The first ten at once, then one after another.
    ASSERT_EQ(asked->trials_size(), made.empty() ? 10 : 1);
    std::vector<v1::Observation> observations;
    for (const v1::Trial& trial : asked->trials()) {
      if (made.size() >= 10) {
        bool near = false;
        for (size_t age = 1; age <= 10; ++age) {
          near = near || space::HammingDistance(space, ChildOf(trial), made[made.size() - age]) == 1;
        }
        EXPECT_TRUE(near) << trial.id();
      }
      made.push_back(ChildOf(trial));
      observations.push_back(Observed(trial, -static_cast<double>(trial.id())));
    }
    ASSERT_TRUE(study->Tell(ListOf(observations)).ok());
  }
}

// With a sample as large as this the oldest, which is the best here, is the parent nearly always: 1 - 0.9^50 = 0.995.
TEST(RegularizedEvolution, TheBestOfTheSampleIsTheParent) {
  const space::Space space = *space::Preset("mobilenet-proxyless-gpu", {});
  v1::StudyOptions options = Options("regularized_evolution", 200);
  options.mutable_search()->mutable_evolution()->set_population(50);
  options.mutable_search()->mutable_evolution()->set_sample_size(50);
  const auto study = Started(space, options);
  std::vector<Architecture> made;
  int of_the_best = 0;
  tests::RunToTheEnd(*study, 1, [&](const v1::Trial& trial) {
    if (made.size() >= 50) {
      of_the_best += space::HammingDistance(space, ChildOf(trial), made[made.size() - 50]) == 1 ? 1 : 0;
    }
    made.push_back(ChildOf(trial));
    return Observed(trial, -static_cast<double>(trial.id()));
  });
  // A member is in the sample of 50 with replacement with 1 - 0.98^50 = 0.636: 95 of 150, standard deviation 6.
  EXPECT_GT(of_the_best, 70);
  EXPECT_LT(of_the_best, 120);
}

TEST(RegularizedEvolution, BatchesAreMadeOfOnePopulation) {
  v1::StudyOptions options = Options("regularized_evolution", 100);
  options.mutable_search()->mutable_evolution()->set_population(10);
  options.mutable_search()->set_batch(8);
  const auto study = Started(Cells(), options);
  std::vector<v1::Observation> first;
  const auto asked = study->Ask(100);
  for (const v1::Trial& trial : asked->trials()) first.push_back(Observed(trial, Sum(ChildOf(trial))));
  ASSERT_TRUE(study->Tell(ListOf(first)).ok());
  EXPECT_EQ(study->Ask(100)->trials_size(), 8);
  EXPECT_EQ(study->Ask(100)->trials_size(), 0);
}

// Accuracy falls with the distance from one child, so every better neighbour is a step on the way.
TEST(LocalSearch, FirstImprovementWalksToTheTop) {
  const space::Space space = *space::Preset("spos-shufflenet", {});
  const Architecture top(20, 2);
  const auto study = Started(space, Options("local_search", 600));
  Architecture center;
  double best = -100;
  bool top_found = false;
  tests::RunToTheEnd(*study, 1, [&](const v1::Trial& trial) {
    const Architecture child = ChildOf(trial);
    const bool neighbour = !center.empty() && space::HammingDistance(space, center, child) == 1;
    EXPECT_TRUE(neighbour || top_found || center.empty());
    const double value = -static_cast<double>(space::HammingDistance(space, child, top));
    if (value > best) {
      best = value;
      center = child;
    }
    top_found = top_found || value == 0;
    return Observed(trial, value);
  });
  EXPECT_TRUE(top_found);
  EXPECT_EQ(study->Report().told(), 600U);  // it began again at another child
}

TEST(LocalSearch, BestImprovementAsksForAllNeighboursAndGoesToTheBest) {
  const space::Space space = Cells();
  v1::StudyOptions options = Options("local_search", 200);
  options.mutable_search()->mutable_local_search()->set_improvement("best");
  const auto study = Started(space, options);
  ASSERT_TRUE(study->Tell(ListOf({WarmStart(space, {1, 1, 1, 1, 1, 1}, 6)})).ok());
  Architecture center = {1, 1, 1, 1, 1, 1};
  const auto first = study->Ask(1000);
  ASSERT_EQ(first->trials_size(), 24);
  std::vector<v1::Observation> observations;
  for (const v1::Trial& trial : first->trials()) {
    EXPECT_EQ(space::HammingDistance(space, center, ChildOf(trial)), 1U);
    observations.push_back(
        Observed(trial, ChildOf(trial) == Architecture{1, 1, 4, 1, 1, 1} ? 9 : Sum(ChildOf(trial)) / 2));
  }
  ASSERT_TRUE(study->Tell(ListOf(observations)).ok());
  // Of the new centre's 24 neighbours the old centre and the three others along the third edge are known.
  center[2] = 4;
  const auto second = study->Ask(1000);
  ASSERT_EQ(second->trials_size(), 20);
  for (const v1::Trial& trial : second->trials()) {
    EXPECT_EQ(space::HammingDistance(space, center, ChildOf(trial)), 1U);
  }
}

TEST(LocalSearch, NeighboursStayInsideTheConstraints) {
  const space::Space space = Cells();
  v1::StudyOptions options = Options("local_search", 100);
  options.mutable_search()->mutable_local_search()->set_radius(2);
  options.mutable_search()->mutable_local_search()->set_improvement("best");
  v1::Constraint* macs = options.mutable_search()->add_constraints();
  macs->set_cost("macs");
  macs->set_max(30e6);
  const auto study = Started(space, options);
  ASSERT_TRUE(study->Tell(ListOf({WarmStart(space, {1, 1, 1, 1, 1, 1}, 6)})).ok());
  const auto costs = space::CostModel::Make(space);
  const auto asked = study->Ask(1000);
  // No 3x3 convolution fits, so 3 of 4 others at each edge do: 6 * 3 + 15 * 9, of which the trials are 100.
  EXPECT_EQ(asked->trials_size(), 100);
  for (const v1::Trial& trial : asked->trials()) {
    EXPECT_LE(space::HammingDistance(space, {1, 1, 1, 1, 1, 1}, ChildOf(trial)), 2U);
    EXPECT_LE(costs->Macs(ChildOf(trial)), 30'000'000U);
  }
}

TEST(LocalSearch, RadiusWithTooManyNeighboursIsRefused) {
  v1::StudyOptions options = Options("local_search");
  options.mutable_search()->mutable_local_search()->set_radius(10);
  const auto status = Study::Make(*space::Preset("mobilenet-proxyless-gpu", {}), options).status();
  EXPECT_EQ(status.code(), base::Code::kInvalidArgument);
  EXPECT_EQ(status.details().field, "search.local_search.radius");
}

// Candidate 3 is better everywhere: the policy comes to take it, from 5 of 20 by chance.
TEST(Reinforce, ThePolicyMovesToWhatIsRewarded) {
  const space::Space space = *space::Preset("spos-shufflenet", {});
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const auto study = Started(space, Options("reinforce", 400, seed));
    std::vector<double> found;
    tests::RunToTheEnd(*study, 10, [&](const v1::Trial& trial) {
      const Architecture child = ChildOf(trial);
      found.push_back(static_cast<double>(std::count(child.begin(), child.end(), 3U)));
      return Observed(trial, found.back());
    });
    std::vector<double> means(4, 0);
    for (size_t i = 0; i < found.size(); ++i) means[i / 100] += found[i] / 100;
    EXPECT_GT(means[1], means[0] + 2);
    EXPECT_GT(*std::max_element(found.begin(), found.end()), 16) << seed;
  }
}

// One update by hand. Two choices of two and three candidates, first logits 0; a batch of two, child a (0, 0) told 4
// and b (1, 2) told 2, so the mean and first baseline is 3 and the advantages are 1/2 and -1/2 after division by the
// batch. The gradient is 1/2 (onehot a - p) - 1/2 (onehot b - p) = 1/2 (onehot a - onehot b): (1/2, -1/2) and (1/2, 0,
// -1/2). Adam without first moment divides by the root of its square: every logit moves by 0.1 with the sign, or not at
// all.
TEST(Reinforce, OneUpdateWorkedOutByHand) {
  const space::Space space = tests::ChainSpace({{0, 1}, {0, 1, 2}});
  v1::StudyOptions options = Options("reinforce", 6);
  options.mutable_search()->set_batch(2);
  options.mutable_search()->mutable_reinforce()->set_logit_deviation(0);
  for (uint64_t seed = 1;; ++seed) {
    ASSERT_LT(seed, 1000U) << "no seed draws the two children";
    options.set_seed(seed);
    const auto study = Started(space, options);
    const auto asked = study->Ask(10);
    if (asked->trials_size() != 2 || ChildOf(asked->trials(0)) != Architecture{0, 0} ||
        ChildOf(asked->trials(1)) != Architecture{1, 2}) {
      continue;
    }
    ASSERT_TRUE(study->Tell(ListOf({Observed(asked->trials(0), 4), Observed(asked->trials(1), 2)})).ok());
    if (study->Ask(1)->trials().empty()) continue;
    const v1::SearcherState state = study->Snapshot().searcher();
    if (state.updates() != 1) continue;
    EXPECT_DOUBLE_EQ(state.baseline(), 3);
    const double expected[] = {0.1, -0.1, 0.1, 0, -0.1};
    for (int i = 0; i < 5; ++i) EXPECT_NEAR(state.logits(i), expected[i], 1e-7);
    return;
  }
}

// Mean multiply-adds of what the policy draws in the end, with the reward as it is and weighed by them.
TEST(Reinforce, AReferenceWeighsTheRewardByTheCost) {
  const space::Space space = Cells();
  const auto costs = space::CostModel::Make(space);
  double macs[2] = {};
  for (const bool weighed : {false, true}) {
    v1::StudyOptions options = Options("reinforce", 200);
    options.mutable_search()->add_metrics("accuracy");
    options.mutable_search()->add_metrics("macs");
    if (weighed) {
      options.mutable_search()->mutable_reinforce()->set_cost_reference(100e6);
      options.mutable_search()->mutable_reinforce()->set_cost_exponent(3);
    }
    const auto study = Started(space, options);
    tests::RunToTheEnd(*study, 10, [&](const v1::Trial& trial) {
      if (trial.id() > 100) macs[weighed ? 1 : 0] += static_cast<double>(costs->Macs(ChildOf(trial))) / 100;
      const Architecture child = ChildOf(trial);
      return Observed(trial, static_cast<double>(std::count(child.begin(), child.end(), 3U)));
    });
  }
  EXPECT_LT(macs[1], 0.7 * macs[0]);
}

// One generation by hand: the survivors are the first front and the least crowded of the second.
// Points (loss, energy) of six warm starts: a (1, 9) b (4, 4) c (9, 1) are front 1; d (2, 10) e (5, 6) f (10, 5) front
// 2, in which d and f are ends and e = ((10 - 2) / 8 + (10 - 5) / 5) / 2 = 1. A population of five leaves e out.
TEST(Nsga2, SurvivorsWorkedOutByHand) {
  const space::Space space = Cells();
  v1::StudyOptions options = Nsga2(5, 3, {"loss", "energy"});
  v1::MetricDirection* direction = options.mutable_search()->add_directions();
  direction->set_metric("energy");
  direction->set_minimise(true);
  const auto study = Started(space, options);
  const double points[6][2] = {{1, 9}, {4, 4}, {9, 1}, {2, 10}, {5, 6}, {10, 5}};
  std::vector<v1::Observation> observations;
  for (uint32_t i = 0; i < 6; ++i) {
    v1::Observation observation = Two({}, "loss", points[i][0], "energy", points[i][1]);
    space::ArchitectureToMessage(space, {i % 5, i / 5, 0, 0, 0, 0}, observation.mutable_architecture());
    observations.push_back(observation);
  }
  ASSERT_TRUE(study->Tell(ListOf(observations)).ok());
  const v1::StudyReport report = study->Report();
  EXPECT_EQ(report.front_size(), 3);
  const auto& population = report.evaluated().population();
  EXPECT_EQ(std::vector<uint32_t>(population.begin(), population.end()), std::vector<uint32_t>({0, 1, 2, 3, 5}));
  EXPECT_TRUE(report.evaluated().objectives(0).values(4) == 5 && !report.evaluated().objectives(0).maximise());
}

// A failed child and one with a metric that is no number never breed and are in no front.
TEST(Nsga2, FailedChildrenNeitherSurviveNorBreed) {
  const space::Space space = Cells();
  const auto study = Started(space, Nsga2(10, 6, {"accuracy", "loss"}));
  std::set<uint64_t> failed;
  tests::RunToTheEnd(*study, 10, [&](const v1::Trial& trial) {
    if (trial.id() % 3 == 0) failed.insert(trial.id());
    if (trial.id() % 6 == 0) return Failed(trial);
    const double loss = trial.id() % 3 == 0 ? std::numeric_limits<double>::quiet_NaN() : Sum(ChildOf(trial));
    return Two(trial, "accuracy", 1, "loss", loss);
  });
  const v1::StudyReport report = study->Report();
  EXPECT_EQ(report.failed(), failed.size());
  EXPECT_EQ(report.told(), 60U);
  EXPECT_EQ(report.evaluated().objectives(1).values_size(), static_cast<int>(60 - failed.size()));
  const v1::StudySnapshot snapshot = study->Snapshot();
  for (const uint64_t number : snapshot.searcher().trials()) EXPECT_EQ(failed.count(number), 0U);
}

TEST(Nsga2, AGenerationWithoutSuccessIsFollowedByARandomOne) {
  const auto study = Started(Cells(), Nsga2(10, 6, {"accuracy", "loss"}));
  tests::RunToTheEnd(*study, 10, [](const v1::Trial& trial) { return Failed(trial); });
  EXPECT_EQ(study->Report().failed(), 60U);
}

// Any number of objectives in any direction; the front in the report is the one of all children told.
TEST(Nsga2, TheReportedFrontIsThatOfAllChildren) {
  const space::Space space = Cells();
  v1::StudyOptions options = Nsga2(20, 10, {"accuracy", "params", "robustness", "loss"});
  options.mutable_search()->add_directions()->set_metric("robustness");
  for (const double reference : {0.0, 2e6, 0.0, 100.0}) options.mutable_search()->add_reference(reference);
  const auto study = Started(space, options);
  std::vector<double> points;
  std::map<std::string, size_t> rows;
  const auto costs = space::CostModel::Make(space);
  tests::RunToTheEnd(*study, 7, [&](const v1::Trial& trial) {
    const Architecture child = ChildOf(trial);
    rows[space::CodesOf(space, child)] = points.size() / 4;
    const double robustness = child[0] + 3.0 * child[5];
    const double loss = 10 + child[2] * 2.0 - child[3];
    points.insert(points.end(), {-Sum(child), static_cast<double>(costs->Params(child)), -robustness, loss});
    v1::Observation observation = Two(trial, "accuracy", Sum(child), "robustness", robustness);
    v1::NamedValue* value = observation.add_metrics();
    value->set_name("loss");
    value->set_value(loss);
    return observation;
  });
  const v1::StudyReport report = study->Report();
  std::set<size_t> front;
  for (const v1::Evaluated& child : report.front()) front.insert(rows.at(child.ops()));
  for (size_t i = 0; i < points.size() / 4; ++i) {
    bool dominated = false;
    for (size_t j = 0; j < points.size() / 4; ++j)
      dominated = dominated || base::Dominates(&points[j * 4], &points[i * 4], 4);
    EXPECT_EQ(front.count(i), dominated ? 0U : 1U) << i;
  }
  EXPECT_GT(report.hypervolume(), 0);
}

// Of a population of two the first child, better than all others, wins every tournament, so all children are its
// mutants: a large eta hardly leaves its places in the list, uniform reset takes any.
TEST(Nsga2, MutationIsAnOption) {
  const space::Space space = *space::Preset("pad-nas-large", {});
  for (const bool uniform : {false, true}) {
    v1::StudyOptions options = Nsga2(2, 100, {"accuracy", "loss"});
    v1::Nsga2Options* nsga2 = options.mutable_search()->mutable_nsga2();
    nsga2->set_mutation(uniform ? "uniform" : "polynomial");
    nsga2->set_eta(30);
    options.mutable_search()->mutable_evolution()->set_mutation_probability(1);
    const auto study = Started(space, options);
    std::set<uint32_t> seen;
    tests::RunToTheEnd(*study, 2, [&](const v1::Trial& trial) {
      if (trial.id() > 2) seen.insert(ChildOf(trial)[3]);
      const double value = trial.id() == 1 ? 1 : 0;
      return Two(trial, "accuracy", value, "loss", -value);
    });
    EXPECT_EQ(seen.size() > 10, uniform) << seen.size();
  }
}

TEST(Nsga2, DiscardingLeavesOutWhatRepairWouldMend) {
  const space::Space space = *space::Preset("mobilenet-proxyless-gpu", {});
  const auto costs = space::CostModel::Make(space);
  std::vector<uint32_t> sizes;
  for (const char* infeasible : {"discard", "repair"}) {
    v1::StudyOptions options = Nsga2(40, 5, {"accuracy", "macs"});
    options.mutable_search()->mutable_nsga2()->set_infeasible(infeasible);
    v1::Constraint* macs = options.mutable_search()->add_constraints();
    macs->set_cost("macs");
    macs->set_min(400e6);
    macs->set_max(401e6);
    const auto study = Started(space, options);
    const auto first = study->Ask(1000);
    std::vector<v1::Observation> observations;
    for (const v1::Trial& trial : first->trials()) observations.push_back(Observed(trial, Sum(ChildOf(trial))));
    ASSERT_TRUE(study->Tell(ListOf(observations)).ok());
    const auto second = study->Ask(1000);
    sizes.push_back(static_cast<uint32_t>(second->trials_size()));
    for (const v1::Trial& trial : second->trials()) {
      EXPECT_GE(costs->Macs(ChildOf(trial)), 400'000'000U);
      EXPECT_LE(costs->Macs(ChildOf(trial)), 401'000'000U);
    }
  }
  EXPECT_EQ(sizes[1], 40U);
}

TEST(Nsga2, OneObjectiveAndBadOptionsAreRefusedByField) {
  v1::StudyOptions one = Nsga2(10, 2, {"accuracy"});
  v1::StudyOptions latency = Nsga2(10, 2, {"accuracy", "latency_ms"});
  v1::StudyOptions unknown = Nsga2(10, 2, {"accuracy", "beauty"});
  v1::StudyOptions twice = Nsga2(10, 2, {"accuracy", "accuracy"});
  v1::StudyOptions eta = Nsga2(10, 2, {"accuracy", "macs"});
  eta.mutable_search()->mutable_nsga2()->set_eta(-1);
  v1::StudyOptions mutation = Nsga2(10, 2, {"accuracy", "macs"});
  mutation.mutable_search()->mutable_nsga2()->set_mutation("gaussian");
  v1::StudyOptions infeasible = Nsga2(10, 2, {"accuracy", "macs"});
  infeasible.mutable_search()->mutable_nsga2()->set_infeasible("pray");
  v1::StudyOptions lonely = Nsga2(1, 2, {"accuracy", "macs"});
  v1::StudyOptions reference = Nsga2(10, 2, {"accuracy", "macs"});
  reference.mutable_search()->add_reference(1);
  v1::StudyOptions fixed = Nsga2(10, 2, {"accuracy", "loss"});
  fixed.mutable_search()->add_directions()->set_metric("loss");
  const struct {
    v1::StudyOptions options;
    const char* field;
  } cases[] = {{one, "search.metrics"},
               {latency, "search.metrics[1]"},
               {unknown, "search.metrics[1]"},
               {twice, "search.metrics[0]"},
               {eta, "search.nsga2.eta"},
               {mutation, "search.nsga2.mutation"},
               {infeasible, "search.nsga2.infeasible"},
               {lonely, "search.evolution.population"},
               {reference, "search.reference"},
               {fixed, "search.directions[0].metric"}};
  for (const auto& [options, field] : cases) {
    const auto status = Study::Make(Cells(), options).status();
    EXPECT_EQ(status.code(), base::Code::kInvalidArgument) << field;
    EXPECT_EQ(status.details().field, field);
  }
}

// Whatever is not asked for is calculated, and what is told counts.
TEST(Study, CostsAreCalculatedUnlessTheyAreTold) {
  const space::Space space = Cells();
  const auto study = Started(space, Nsga2(10, 1, {"accuracy", "macs"}));
  const auto asked = study->Ask(2);
  const double own = static_cast<double>(space::CostModel::Make(space)->Macs(ChildOf(asked->trials(0))));
  ASSERT_TRUE(
      study->Tell(ListOf({Observed(asked->trials(0), 2), Two(asked->trials(1), "accuracy", 1, "macs", 7)})).ok());
  const v1::StudyReport report = study->Report();
  EXPECT_EQ(report.ranked(0).metrics(1).value(), own);
  EXPECT_EQ(report.ranked(1).metrics(1).value(), 7);
}

}  // namespace
}  // namespace nasshrink
