// Hypervolumes that NSGA-II reaches on problems with a known front: a line a problem and seed, "NAME SEED VOLUME".
//
// zdt1: ZDT1 (Zitzler et al. 2000) of the 22 choices of PAD-NAS's large space, every variable the place in its list
// over the last one's, the first variable the second choice's; 4,000 evaluations. knapsack: two profits of 20 things
// within half of their weight; 2,000 evaluations. Both with a population of 40. "knapsack 0" is the volume of the true
// front, by trying all 2^20. usage: search_fronts SEEDS
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "search/hypervolume.h"
#include "search/study.h"
#include "space/codec.h"
#include "space/presets.h"

namespace nasshrink {
namespace {

constexpr uint32_t kThings = 20;

template <typename T>
T Take(base::Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "search_fronts: %s\n", result.status().message().c_str());
    std::exit(1);
  }
  return *std::move(result);
}

using Point = std::pair<double, double>;

// Both to be made small.
struct Problem {
  std::string name;
  space::Space space;
  v1::SearchOptions search;
  std::function<Point(const space::Architecture&)> evaluate;
  std::vector<double> reference;
};

Problem Zdt1() {
  Problem problem;
  problem.name = "zdt1";
  problem.space = Take(space::Preset("pad-nas-large", {}));
  problem.search.set_trials(4000);
  problem.reference = {1.1, 2};
  const std::vector<space::Choice>& choices = problem.space.choices;
  std::vector<double> last;
  for (const space::Choice& choice : choices) last.push_back(static_cast<double>(choice.alive.size()) - 1);
  problem.evaluate = [last](const space::Architecture& child) {
    double sum = 0;
    for (size_t i = 0; i < child.size(); ++i) sum += i == 1 ? 0 : child[i] / last[i];
    const double first = child[1] / last[1];
    const double g = 1 + 9 * sum / static_cast<double>(child.size() - 1);
    return Point(first, g * (1 - std::sqrt(first / g)));
  };
  return problem;
}

// 1..100, the numbers of benchmarks/peers/search_pymoo.py.
double ThingNumber(uint32_t thing, uint32_t column) {
  return (thing * 37 + column * 61 + thing * thing * 13) % 100 + 1;
}

Problem Knapsack() {
  Problem problem;
  problem.name = "knapsack";
  problem.space = Take(space::Preset("spos-shufflenet", {}));
  double weight = 0;
  for (uint32_t thing = 0; thing < kThings; ++thing) {
    problem.space.choices[thing].alive = {0, 1};
    for (const uint32_t taken : {0U, 1U}) {
      v1::LatencyEntry* entry = problem.search.mutable_latency()->add_entries();
      entry->set_choice(thing);
      entry->set_candidate(taken);
      entry->set_mean_ms(taken * ThingNumber(thing, 0));
    }
    weight += ThingNumber(thing, 0);
  }
  space::Finish(problem.space);
  v1::Constraint* constraint = problem.search.add_constraints();
  constraint->set_cost("latency_ms");
  constraint->set_max(weight / 2);
  problem.search.set_trials(2000);
  problem.reference = {0, 0};
  problem.evaluate = [](const space::Architecture& child) {
    Point point(0, 0);
    for (uint32_t thing = 0; thing < kThings; ++thing) {
      point.first -= child[thing] * ThingNumber(thing, 1);
      point.second -= child[thing] * ThingNumber(thing, 2);
    }
    return point;
  };
  return problem;
}

double VolumeOfAllKnapsacks(const Problem& problem) {
  std::vector<double> best(20 * 100 + 1, 1);  // the smallest second value by the first
  for (uint32_t code = 0; code < (1U << kThings); ++code) {
    space::Architecture child;
    double weight = 0;
    for (uint32_t thing = 0; thing < kThings; ++thing) {
      child.push_back(code >> thing & 1);
      weight += child.back() * ThingNumber(thing, 0);
    }
    if (weight > problem.search.constraints(0).max()) continue;
    const auto [first, second] = problem.evaluate(child);
    double& known = best[static_cast<size_t>(-first)];
    known = std::min(known, second);
  }
  std::vector<double> points;
  for (size_t first = 0; first < best.size(); ++first) {
    if (best[first] < 1) points.insert(points.end(), {-static_cast<double>(first), best[first]});
  }
  return search::Hypervolume(points, problem.reference);
}

double VolumeOf(const Problem& problem, uint64_t seed) {
  v1::StudyOptions options;
  options.set_seed(seed);
  v1::SearchOptions* search = options.mutable_search();
  *search = problem.search;
  search->set_algorithm("nsga2");
  search->mutable_evolution()->set_population(40);
  for (const char* name : {"first", "second"}) {
    search->add_metrics(name);
    v1::MetricDirection* direction = search->add_directions();
    direction->set_metric(name);
    direction->set_minimise(true);
  }
  for (const double value : problem.reference) search->add_reference(value);
  const auto study = Take(search::Study::Make(problem.space, options));
  for (;;) {
    const v1::TrialList trials = Take(study->Ask(40));
    if (trials.trials().empty()) return study->Report().hypervolume();
    v1::ObservationList list;
    for (const v1::Trial& trial : trials.trials()) {
      const auto& genes = trial.architecture().candidates();
      const auto [first, second] = problem.evaluate(space::Architecture(genes.begin(), genes.end()));
      v1::Observation* observation = list.add_observations();
      observation->set_trial(trial.id());
      for (const auto& [name, value] : {std::pair("first", first), std::pair("second", second)}) {
        v1::NamedValue* metric = observation->add_metrics();
        metric->set_name(name);
        metric->set_value(value);
      }
    }
    if (!study->Tell(list).ok()) std::exit(1);
  }
}

}  // namespace
}  // namespace nasshrink

int main(int count, char** words) {
  const int seeds = count > 1 ? std::atoi(words[1]) : 20;
  for (const nasshrink::Problem& problem : {nasshrink::Zdt1(), nasshrink::Knapsack()}) {
    if (problem.name == "knapsack") std::printf("knapsack 0 %.17g\n", nasshrink::VolumeOfAllKnapsacks(problem));
    for (int seed = 1; seed <= seeds; ++seed) {
      std::printf("%s %d %.17g\n", problem.name.c_str(), seed,
                  nasshrink::VolumeOf(problem, static_cast<uint64_t>(seed)));
    }
  }
  return 0;
}
