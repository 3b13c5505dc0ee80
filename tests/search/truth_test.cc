// Every algorithm on the known accuracies of NAS-Bench-201 and NAS-Bench-Macro, against random search.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "packed_csv.h"
#include "search/study_driver.h"
#include "shared_file.h"
#include "space/notation.h"
#include "space/presets.h"

namespace nasshrink {
namespace {

using tests::ChildOf;
using tests::Failed;
using tests::Observed;
using tests::Options;
using tests::Started;

using Truth = std::map<space::Architecture, double>;

Truth Read(const space::Space& space, const std::string& path, const char* notation, const char* text,
           const char* accuracy) {
  const tests::PackedCsv csv(path);
  Truth truth;
  for (size_t row = 0; row < csv.size(); ++row) {
    const auto child = space::ImportArchitecture(space, notation, csv.At(row, text));
    EXPECT_TRUE(child.ok()) << csv.At(row, text);
    truth[*child] = std::stod(csv.At(row, accuracy));
  }
  return truth;
}

// Children that the truth lacks count as failed evaluations.
tests::Evaluation LookUp(const Truth& truth) {
  return [&truth](const v1::Trial& trial) {
    const auto found = truth.find(ChildOf(trial));
    return found == truth.end() ? Failed(trial) : Observed(trial, found->second);
  };
}

// The best accuracy that one search finds.
double BestOf(const space::Space& space, const v1::StudyOptions& options, const Truth& truth) {
  const auto study = Started(space, options);
  tests::RunToTheEnd(*study, 64, LookUp(truth));
  const v1::StudyReport report = study->Report();
  EXPECT_EQ(report.told(), options.search().trials());
  return report.ranked(0).metrics(0).value();
}

struct Summary {
  double mean = 0;
  int optima = 0;
};

Summary Summarise(const space::Space& space, const v1::StudyOptions& options, const Truth& truth, double optimum,
                  uint64_t seeds) {
  Summary summary;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    v1::StudyOptions seeded = options;
    seeded.set_seed(seed);
    const double best = BestOf(space, seeded, truth);
    summary.mean += best / static_cast<double>(seeds);
    summary.optima += best == optimum ? 1 : 0;
  }
  return summary;
}

std::vector<v1::StudyOptions> Guided(uint32_t trials) {
  std::vector<v1::StudyOptions> all;
  for (const v1::StudyOptions& options : tests::AllAlgorithms(trials)) {
    if (options.search().algorithm() != "random" && options.search().algorithm() != "nsga2") all.push_back(options);
  }
  return all;
}

double Optimum(const Truth& truth) {
  double best = 0;
  for (const auto& [child, accuracy] : truth) best = std::max(best, accuracy);
  return best;
}

// Of 20 searches each, more find the best child, and their best is better on average.
void ExpectBetterThanRandom(const space::Space& space, const Truth& truth) {
  const double optimum = Optimum(truth);
  const Summary random = Summarise(space, Options("random", 300), truth, optimum, 20);
  for (const v1::StudyOptions& options : Guided(300)) {
    SCOPED_TRACE(options.search().algorithm() + " " + options.search().local_search().improvement());
    const Summary found = Summarise(space, options, truth, optimum, 20);
    EXPECT_GT(found.mean, random.mean + 0.1);
    EXPECT_GE(found.optima, random.optima + 4);
  }
}

TEST(SearchTruth, NasBench201) {
  NASSHRINK_SHARED_OR_SKIP(path, "data/nasbench201/nasbench201.csv.gz");
  const space::Space space = *space::Preset("nas-bench-201", {});
  const Truth truth = Read(space, path, "nas-bench-201", "arch_str", "cifar10_test");
  ASSERT_EQ(truth.size(), 15625U);
  ExpectBetterThanRandom(space, truth);
}

TEST(SearchTruth, NasBenchMacro) {
  NASSHRINK_SHARED_OR_SKIP(path, "data/nas_bench_macro/nas_bench_macro_cifar10.csv.gz");
  const space::Space space = *space::Preset("nas-bench-macro", {});
  const Truth truth = Read(space, path, "nas-bench-macro", "arch", "mean_acc");
  ASSERT_EQ(truth.size(), 3283U);
  ExpectBetterThanRandom(space, truth);
}

// Accuracy against multiply-adds: the whole front is known, and NSGA-II covers more of it than as many random children.
TEST(SearchTruth, Nsga2CoversMoreOfTheFrontOfNasBench201) {
  NASSHRINK_SHARED_OR_SKIP(path, "data/nasbench201/nasbench201.csv.gz");
  const space::Space space = *space::Preset("nas-bench-201", {});
  const Truth truth = Read(space, path, "nas-bench-201", "arch_str", "cifar10_test");
  int wins = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    double volumes[2] = {};
    for (const bool guided : {false, true}) {
      v1::StudyOptions options = Options(guided ? "nsga2" : "random", 640, seed);
      options.mutable_search()->mutable_evolution()->set_population(32);
      options.mutable_search()->add_metrics("accuracy");
      options.mutable_search()->add_metrics("macs");
      options.mutable_search()->add_reference(80);
      options.mutable_search()->add_reference(230e6);
      const auto study = Started(space, options);
      tests::RunToTheEnd(*study, 32, LookUp(truth));
      volumes[guided ? 1 : 0] = study->Report().hypervolume();
    }
    wins += volumes[1] > volumes[0] ? 1 : 0;
  }
  EXPECT_EQ(wins, 10);
}

}  // namespace
}  // namespace nasshrink
