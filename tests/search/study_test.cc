// Studies: asking and telling in any order, determinism, constraints, snapshots, small spaces.
#include "search/study.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "score/chain_space.h"
#include "search/study_driver.h"
#include "space/architecture.h"
#include "space/cost.h"
#include "space/presets.h"

namespace nasshrink {
namespace {

using search::Study;
using tests::AllAlgorithms;
using tests::BytesOf;
using tests::Evolution;
using tests::ListOf;
using tests::Observed;
using tests::Options;
using tests::Started;
using tests::WarmStart;

space::Space Cells() { return *space::Preset("nas-bench-201", {}); }

// Something smooth to climb: convolutions are good.
double Accuracy(const v1::Trial& trial) {
  double sum = 0;
  for (const uint32_t candidate : trial.architecture().candidates()) {
    sum += candidate == 4 ? 0.5 : candidate;
  }
  return sum;
}

std::vector<v1::Trial> RunToTheEnd(Study& study, uint32_t batch, uint32_t shuffle = 0) {
  return tests::RunToTheEnd(
      study, batch, [](const v1::Trial& trial) { return Observed(trial, Accuracy(trial)); }, shuffle);
}

TEST(Study, BatchingAndOrderOfTellingChangeNothing) {
  const space::Space space = Cells();
  for (const v1::StudyOptions& options : AllAlgorithms(200)) {
    SCOPED_TRACE(options.ShortDebugString());
    const auto reference = BytesOf(RunToTheEnd(*Started(space, options), 1));
    EXPECT_EQ(reference.size(), 200U);
    EXPECT_EQ(BytesOf(RunToTheEnd(*Started(space, options), 50)), reference);
    EXPECT_EQ(BytesOf(RunToTheEnd(*Started(space, options), 7, 3)), reference);
    v1::StudyOptions other = options;
    other.set_seed(2);
    EXPECT_NE(BytesOf(RunToTheEnd(*Started(space, other), 1)), reference);
  }
}

TEST(Study, NoChildIsAskedForTwice) {
  const space::Space space = Cells();
  for (const v1::StudyOptions& options : AllAlgorithms(1000)) {
    const auto trials = RunToTheEnd(*Started(space, options), 64);
    std::set<std::vector<uint32_t>> children;
    for (const v1::Trial& trial : trials) {
      children.emplace(trial.architecture().candidates().begin(), trial.architecture().candidates().end());
    }
    EXPECT_EQ(children.size(), trials.size());
  }
}

TEST(Study, DefaultsAreThoseOfTheSources) {
  const space::Space space = Cells();
  EXPECT_EQ(RunToTheEnd(*Started(space, Options("random")), 33).size(), 100U);
  EXPECT_EQ(RunToTheEnd(*Started(space, Options("evolution")), 50).size(), 1000U);
  EXPECT_EQ(RunToTheEnd(*Started(space, Options("nsga2")), 64).size(), 64U * 40);
}

TEST(Study, EvolutionWaitsForItsGeneration) {
  const space::Space space = Cells();
  const auto study = Started(space, Evolution(10, 2));
  const auto first = study->Ask(25);
  EXPECT_EQ(first->trials_size(), 10);
  EXPECT_FALSE(first->finished());
  std::vector<v1::Observation> observations;
  for (const v1::Trial& trial : first->trials()) observations.push_back(Observed(trial, 1));
  const v1::Observation last = observations.back();
  observations.pop_back();
  ASSERT_TRUE(study->Tell(ListOf(observations)).ok());
  const auto none = study->Ask(5);
  EXPECT_EQ(none->trials_size(), 0);
  EXPECT_FALSE(none->finished());
  ASSERT_TRUE(study->Tell(ListOf({last})).ok());
  const auto second = study->Ask(25);
  EXPECT_EQ(second->trials_size(), 10);
  EXPECT_TRUE(second->finished());
  EXPECT_FALSE(study->Report().finished());
}

TEST(Study, EvolutionClimbsAboveRandomSearch) {
  const space::Space space = Cells();
  size_t wins = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const auto evolved = Started(space, Evolution(20, 10, seed));
    const auto random = Started(space, Options("random", 200, seed));
    RunToTheEnd(*evolved, 20);
    RunToTheEnd(*random, 20);
    const auto mean_of_best = [](const v1::StudyReport& report) {
      double sum = 0;
      for (int at = 0; at < 20; ++at) sum += report.ranked(at).metrics(0).value();
      return sum / 20;
    };
    wins += mean_of_best(evolved->Report()) > mean_of_best(random->Report()) + 1;
  }
  EXPECT_EQ(wins, 10U);
}

TEST(Study, LossRanksTheLowestFirst) {
  const space::Space space = Cells();
  v1::StudyOptions options = Options("random", 30);
  options.mutable_search()->add_metrics("loss");
  const auto study = Started(space, options);
  const auto asked = study->Ask(30);
  std::vector<v1::Observation> observations;
  for (const v1::Trial& trial : asked->trials()) {
    observations.push_back(Observed(trial, Accuracy(trial), "loss"));
  }
  ASSERT_TRUE(study->Tell(ListOf(observations)).ok());
  const v1::StudyReport report = study->Report();
  for (int at = 1; at < report.ranked_size(); ++at) {
    EXPECT_LE(report.ranked(at - 1).metrics(0).value(), report.ranked(at).metrics(0).value());
  }
}

TEST(Study, ReportRanksTiesByCandidatesAndShowsCosts) {
  const space::Space space = Cells();
  const auto study = Started(space, Options("random", 40));
  const auto asked = study->Ask(40);
  std::vector<v1::Observation> observations;
  for (const v1::Trial& trial : asked->trials()) {
    observations.push_back(Observed(trial, static_cast<double>(trial.id() % 3)));
  }
  ASSERT_TRUE(study->Tell(ListOf(observations)).ok());
  const v1::StudyReport report = study->Report();
  EXPECT_EQ(report.asked(), 40U);
  EXPECT_EQ(report.told(), 40U);
  EXPECT_TRUE(report.finished());
  ASSERT_EQ(report.ranked_size(), 40);
  const auto costs = space::CostModel::Make(space);
  for (int at = 0; at < 40; ++at) {
    const v1::Evaluated& evaluated = report.ranked(at);
    const auto child = space::ArchitectureFromMessage(space, evaluated.architecture());
    EXPECT_EQ(evaluated.ops(), space::CodesOf(space, *child));
    EXPECT_EQ(evaluated.macs(), costs->Macs(*child));
    EXPECT_EQ(evaluated.params(), costs->Params(*child));
    if (at == 0) continue;
    const auto before = space::ArchitectureFromMessage(space, report.ranked(at - 1).architecture());
    const double above = report.ranked(at - 1).metrics(0).value();
    const double here = evaluated.metrics(0).value();
    EXPECT_TRUE(above > here || (above == here && *before < *child));
  }
}

TEST(Study, ConstraintsHoldForEveryTrial) {
  const space::Space space = Cells();
  const auto costs = space::CostModel::Make(space);
  for (v1::StudyOptions options : AllAlgorithms(300)) {
    v1::Constraint* macs = options.mutable_search()->add_constraints();
    macs->set_cost("macs");
    macs->set_min(60e6);
    macs->set_max(90e6);
    v1::Constraint* params = options.mutable_search()->add_constraints();
    params->set_cost("params");
    params->set_max(600e3);
    const auto trials = RunToTheEnd(*Started(space, options), 16);
    EXPECT_EQ(trials.size(), 300U);
    for (const v1::Trial& trial : trials) {
      const auto child = space::ArchitectureFromMessage(space, trial.architecture());
      EXPECT_GE(costs->Macs(*child), 60'000'000U);
      EXPECT_LE(costs->Macs(*child), 90'000'000U);
      EXPECT_LE(costs->Params(*child), 600'000U);
    }
  }
}

TEST(Study, ConstraintsThatNoChildMeetsAreRefused) {
  v1::StudyOptions options = Options("random", 5);
  v1::Constraint* macs = options.mutable_search()->add_constraints();
  macs->set_cost("macs");
  macs->set_max(1);
  const auto status = Study::Make(Cells(), options).status();
  EXPECT_EQ(status.code(), base::Code::kFailedPrecondition);
  EXPECT_NE(status.message().find("constraints"), std::string::npos) << status.message();
}

TEST(Study, SmallSpaceFinishesWithEveryChildVisited) {
  const space::Space space = tests::ChainSpace({{0, 1, 2}, {0, 1}, {0, 1, 2, 3}});
  for (const v1::StudyOptions& options : AllAlgorithms(1000)) {
    if (options.search().algorithm() == "nsga2") continue;  // the chain has no costs
    SCOPED_TRACE(options.ShortDebugString());
    const auto study = Started(space, options);
    const auto trials = RunToTheEnd(*study, 4);
    EXPECT_EQ(trials.size(), 24U);
    EXPECT_EQ(study->Report().ranked_size(), 24);
    EXPECT_TRUE(study->Report().finished());
    const auto after = study->Ask(3);
    EXPECT_EQ(after->trials_size(), 0);
    EXPECT_TRUE(after->finished());
  }
}

TEST(Study, FailedTrialsAreCountedButNotRanked) {
  const space::Space space = Cells();
  const auto study = Started(space, Evolution(10, 3));
  const auto first = study->Ask(10);
  std::vector<v1::Observation> observations;
  for (const v1::Trial& trial : first->trials()) {
    v1::Observation failed;
    failed.set_trial(trial.id());
    failed.set_failed(true);
    observations.push_back(failed);
  }
  observations[0] = Observed(first->trials(0), std::numeric_limits<double>::quiet_NaN());
  ASSERT_TRUE(study->Tell(ListOf(observations)).ok());
  EXPECT_EQ(study->Report().failed(), 10U);
  EXPECT_EQ(study->Report().ranked_size(), 0);
  EXPECT_EQ(study->Ask(10)->trials_size(), 10);
}

TEST(Study, AnErrorNamesItsObservation) {
  const auto study = Started(Cells(), Evolution(10, 3));
  v1::Observation unknown;
  unknown.set_trial(77);
  const base::Status status = study->Tell(ListOf({unknown}));
  EXPECT_EQ(status.code(), base::Code::kNotFound);
  EXPECT_EQ(status.details().field, "observations[0]");
  EXPECT_EQ(status.message(), "observations[0]: trial 77 was never asked for");
  const base::Status neither = study->Tell(ListOf({v1::Observation()}));
  EXPECT_EQ(neither.details().field, "observations[0].trial");
}

TEST(Study, WarmStartsAreParentsAndAreNotAskedFor) {
  const space::Space space = tests::ChainSpace({{0, 1, 2}, {0, 1}, {0, 1, 2, 3}});
  const auto study = Started(space, Options("random", 1000));
  const space::Architecture known = {2, 1, 3};
  ASSERT_TRUE(study->Tell(ListOf({WarmStart(space, known, 99)})).ok());
  for (const v1::Trial& trial : RunToTheEnd(*study, 5)) {
    EXPECT_NE(*space::ArchitectureFromMessage(space, trial.architecture()), known);
  }
  const v1::StudyReport report = study->Report();
  EXPECT_EQ(report.asked(), 23U);
  EXPECT_EQ(report.told(), 24U);
  EXPECT_EQ(report.ranked(0).ops(), "2 1 3");
  const auto again = study->Tell(ListOf({WarmStart(space, known, 98)}));
  EXPECT_EQ(again.code(), base::Code::kAlreadyExists);
}

// Nothing but the warm start is any good, so what follows must look like it.
TEST(Study, EvolutionBreedsFromWarmStarts) {
  const space::Space space = Cells();
  v1::StudyOptions options = Evolution(20, 2);
  options.mutable_search()->mutable_evolution()->set_top_k(1);
  const auto study = Started(space, options);
  ASSERT_TRUE(study->Tell(ListOf({WarmStart(space, {3, 3, 3, 3, 3, 3}, 1000)})).ok());
  for (int generation = 0; generation < 2; ++generation) {
    const auto asked = study->Ask(20);
    size_t near = 0;
    std::vector<v1::Observation> observations;
    for (const v1::Trial& trial : asked->trials()) {
      const auto& candidates = trial.architecture().candidates();
      near += std::count(candidates.begin(), candidates.end(), 3U) >= 4;
      observations.push_back(Observed(trial, 0));
    }
    ASSERT_TRUE(study->Tell(ListOf(observations)).ok());
    EXPECT_GE(near, generation == 0 ? 0U : 8U);
  }
}

TEST(Study, TellingIsAllOrNothingAndNamesWhatIsWrong) {
  const space::Space space = Cells();
  const auto study = Started(space, Options("random", 10));
  const auto asked = study->Ask(3);
  const v1::Observation good = Observed(asked->trials(0), 1);
  const std::string before = study->Snapshot().SerializeAsString();

  v1::Observation unknown = good;
  unknown.set_trial(99);
  v1::Observation neither = good;
  neither.set_trial(0);
  v1::Observation other_child = good;
  *other_child.mutable_architecture() = asked->trials(1).architecture();
  v1::Observation open_child = neither;
  *open_child.mutable_architecture() = asked->trials(1).architecture();
  const struct {
    v1::Observation bad;
    base::Code code;
    const char* part;
  } cases[] = {
      {unknown, base::Code::kNotFound, "trial 99 was never asked for"},
      {neither, base::Code::kInvalidArgument, "observations[1].trial"},
      {other_child, base::Code::kInvalidArgument, "observations[1].architecture"},
      {open_child, base::Code::kInvalidArgument, "open trial"},
      {Observed(asked->trials(1), 1, "latency"), base::Code::kInvalidArgument, "'accuracy'"},
      {good, base::Code::kAlreadyExists, "told twice"},
      {WarmStart(space, {0, 0, 0}, 1), base::Code::kInvalidArgument, "observations[1]"},
  };
  for (const auto& [bad, code, part] : cases) {
    const auto status = study->Tell(ListOf({good, bad}));
    EXPECT_EQ(status.code(), code) << status.message();
    EXPECT_NE(status.message().find(part), std::string::npos) << status.message();
    EXPECT_EQ(study->Snapshot().SerializeAsString(), before);
  }
  ASSERT_TRUE(study->Tell(ListOf({good})).ok());
  const auto twice = study->Tell(ListOf({good}));
  EXPECT_EQ(twice.code(), base::Code::kAlreadyExists);
  EXPECT_NE(twice.message().find("trial 1 has already been told"), std::string::npos);
}

TEST(Study, WarmStartOutsideTheConstraintsIsRefused) {
  const space::Space space = Cells();
  v1::StudyOptions options = Options("random", 10);
  v1::Constraint* macs = options.mutable_search()->add_constraints();
  macs->set_cost("macs");
  macs->set_max(50e6);
  const auto study = Started(space, options);
  EXPECT_EQ(study->Tell(ListOf({WarmStart(space, {3, 3, 3, 3, 3, 3}, 1)})).code(), base::Code::kInvalidArgument);
  EXPECT_TRUE(study->Tell(ListOf({WarmStart(space, {1, 1, 1, 1, 1, 1}, 1)})).ok());
}

TEST(Study, SnapshotContinuesExactly) {
  const space::Space space = Cells();
  for (v1::StudyOptions options : AllAlgorithms(120)) {
    SCOPED_TRACE(options.ShortDebugString());
    v1::Constraint* macs = options.mutable_search()->add_constraints();
    macs->set_cost("macs");
    macs->set_max(150e6);
    for (const int told : {0, 3, 7}) {
      const auto study = Started(space, options);
      ASSERT_TRUE(study->Tell(ListOf({WarmStart(space, {1, 1, 1, 2, 1, 1}, 3.5)})).ok());
      for (int round = 0; round < 4; ++round) {
        const auto asked = study->Ask(10);
        std::vector<v1::Observation> observations;
        for (const v1::Trial& trial : asked->trials()) {
          if (round == 3 && static_cast<int>(observations.size()) >= told) break;
          observations.push_back(Observed(trial, Accuracy(trial)));
        }
        ASSERT_TRUE(study->Tell(ListOf(observations)).ok());
      }
      v1::StudySnapshot snapshot;
      ASSERT_TRUE(snapshot.ParseFromString(study->Snapshot().SerializeAsString()));
      auto restored = Study::Restore(snapshot);
      ASSERT_TRUE(restored.ok()) << restored.status().message();
      EXPECT_EQ((*restored)->Snapshot().SerializeAsString(), snapshot.SerializeAsString());
      std::vector<v1::Observation> late;
      for (const v1::Trial& trial : snapshot.open()) late.push_back(Observed(trial, 1));
      ASSERT_TRUE(study->Tell(ListOf(late)).ok());
      ASSERT_TRUE((*restored)->Tell(ListOf(late)).ok());
      EXPECT_EQ(BytesOf(RunToTheEnd(**restored, 13)), BytesOf(RunToTheEnd(*study, 4)));
      EXPECT_EQ((*restored)->Report().SerializeAsString(), study->Report().SerializeAsString());
    }
  }
}

TEST(Study, DamagedSnapshotsAreRefused) {
  const space::Space space = Cells();
  const auto study = Started(space, Evolution(10, 3));
  const auto asked = study->Ask(6);
  ASSERT_TRUE(study->Tell(ListOf({Observed(asked->trials(2), 1)})).ok());
  const v1::StudySnapshot good = study->Snapshot();
  std::vector<v1::StudySnapshot> bad(6, good);
  bad[0].set_next_trial(5);
  bad[1].mutable_open()->RemoveLast();
  *bad[2].mutable_queued(0) = good.open(0);
  bad[3].mutable_open(0)->mutable_architecture()->set_candidates(0, 77);
  bad[4].set_asked(1000);
  bad[5].mutable_told(0)->clear_metrics();
  for (size_t at = 0; at < bad.size(); ++at) {
    EXPECT_EQ(Study::Restore(bad[at]).status().code(), base::Code::kDataLoss) << at;
  }
}

TEST(Study, OptionsOutOfRangeAreRefusedByField) {
  v1::StudyOptions metric = Options("random");
  metric.mutable_search()->add_metrics("beauty");
  v1::StudyOptions crowded = Evolution(10, 2);
  crowded.mutable_search()->mutable_evolution()->set_mutations(8);
  v1::StudyOptions probability = Evolution(10, 2);
  probability.mutable_search()->mutable_evolution()->set_mutation_probability(1.5);
  const struct {
    v1::StudyOptions options;
    base::Code code;
    const char* field;
  } cases[] = {
      {Options("annealing"), base::Code::kInvalidArgument, "search.algorithm"},
      {Options("proxyless"), base::Code::kUnimplemented, "search.algorithm"},
      {metric, base::Code::kInvalidArgument, "search.metrics[0]"},
      {crowded, base::Code::kInvalidArgument, "search.evolution.mutations"},
      {probability, base::Code::kInvalidArgument, "search.evolution.mutation_probability"},
  };
  for (const auto& [options, code, field] : cases) {
    const auto status = Study::Make(Cells(), options).status();
    EXPECT_EQ(status.code(), code);
    EXPECT_EQ(status.message().rfind(field, 0), 0U) << status.message();
  }
  EXPECT_EQ(Started(Cells(), Options("random"))->Ask(0).status().code(), base::Code::kInvalidArgument);
}

// Uniform over the feasible children: NAS-Bench-201's chi-square over first-edge operators.
TEST(Study, RandomTrialsAreUniform) {
  const space::Space space = Cells();
  std::map<uint32_t, double> first;
  for (const v1::Trial& trial : RunToTheEnd(*Started(space, Options("random", 5000)), 500)) {
    ++first[trial.architecture().candidates(0)];
  }
  double chi_square = 0;
  for (uint32_t candidate = 0; candidate < 5; ++candidate) {
    chi_square += std::pow(first[candidate] - 1000, 2) / 1000;
  }
  EXPECT_LT(chi_square, 18.5);  // 4 degrees of freedom, p = 0.001
}

}  // namespace
}  // namespace nasshrink
