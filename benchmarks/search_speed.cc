// Non-dominated sorting of random points, and whole generations of NSGA-II with a trivial evaluation, on one core.
//
// The points are those of benchmarks/peers/search_pymoo.py; `checksum` is the sum of rank times number of the point, so
// that the same ranks give the same sum.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/non_dominated_sort.h"
#include "search/study.h"
#include "space/presets.h"

namespace nasshrink {
namespace {

constexpr uint32_t kPopulation = 40;

// SplitMix64 as a fraction of 2^53.
double Fraction(uint64_t number) {
  uint64_t bits = (number + 1) * 0x9E3779B97F4A7C15U;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9U;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBU;
  return static_cast<double>((bits ^ (bits >> 31)) >> 11) * 0x1p-53;
}

void BM_Sort(benchmark::State& state) {
  const auto count = static_cast<size_t>(state.range(0));
  const auto objectives = static_cast<size_t>(state.range(1));
  std::vector<double> points;
  for (size_t i = 0; i < count * objectives; ++i) points.push_back(Fraction(i));
  std::vector<uint32_t> ranks;
  for (auto _ : state) {
    ranks = base::NonDominatedRanks(points.data(), count, objectives);
    benchmark::DoNotOptimize(ranks.data());
  }
  double checksum = 0;
  for (size_t i = 0; i < count; ++i) checksum += static_cast<double>(ranks[i] * (i + 1));
  state.counters["checksum"] = checksum;
}
BENCHMARK(BM_Sort)
    ->ArgNames({"points", "objectives"})
    ->Args({10000, 2})
    ->Args({1000, 3})
    ->Unit(benchmark::kMicrosecond);

template <typename T>
T Take(base::Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "search_speed: %s\n", result.status().message().c_str());
    std::exit(1);
  }
  return *std::move(result);
}

void AddMetric(const char* name, double value, v1::Observation* observation) {
  v1::NamedValue* metric = observation->add_metrics();
  metric->set_name(name);
  metric->set_value(value);
}

// The sum of the genes, and the sum of the squares of what is missing to the largest.
v1::ObservationList Evaluate(const space::Space& space, const v1::TrialList& trials) {
  v1::ObservationList list;
  for (const v1::Trial& trial : trials.trials()) {
    double sum = 0;
    double squares = 0;
    for (int gene = 0; gene < trial.architecture().candidates_size(); ++gene) {
      const double value = trial.architecture().candidates(gene);
      const double missing = static_cast<double>(space.choices[static_cast<size_t>(gene)].alive.size()) - 1 - value;
      sum += value;
      squares += missing * missing;
    }
    v1::Observation* observation = list.add_observations();
    observation->set_trial(trial.id());
    AddMetric("sum", sum, observation);
    AddMetric("squares", squares, observation);
  }
  return list;
}

// A study of 22 choices (PAD-NAS's large space) by asking and telling, every child new; an iteration is a generation.
void BM_Nsga2Generation(benchmark::State& state) {
  const space::Space space = Take(space::Preset("pad-nas-large", {}));
  v1::StudyOptions options;
  options.set_seed(1);
  v1::SearchOptions* search = options.mutable_search();
  search->set_algorithm("nsga2");
  search->set_trials(100'000'000);
  search->mutable_evolution()->set_population(kPopulation);
  for (const char* name : {"sum", "squares"}) {
    search->add_metrics(name);
    v1::MetricDirection* direction = search->add_directions();
    direction->set_metric(name);
    direction->set_minimise(true);
  }
  const auto study = Take(search::Study::Make(space, options));
  for (auto _ : state) {
    const v1::TrialList trials = Take(study->Ask(kPopulation));
    if (!study->Tell(Evaluate(space, trials)).ok()) std::exit(1);
  }
}
BENCHMARK(BM_Nsga2Generation)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace nasshrink

BENCHMARK_MAIN();
