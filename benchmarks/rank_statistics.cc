// Rank statistics of 15,625 children with ties like those of the angle on NAS-Bench-201, and the frontier of a space of
// its size. One thread.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/random.h"
#include "score/frontier.h"
#include "score/ranking.h"
#include "score/statistics.h"
#include "space/presets.h"

namespace nasshrink {
namespace {

constexpr size_t kChildren = 15'625;

struct Pairs {
  std::vector<double> scores;
  std::vector<double> truth;
  std::vector<double> groups;
};

// 3,849 different scores, about 7,000 truths, 1,000 groups of equal cost.
Pairs MakePairs() {
  Pairs pairs;
  base::Philox random(1, base::Purpose::kSynthetic);
  for (size_t at = 0; at < kChildren; ++at) {
    const double quality = random.Below(3849);
    pairs.scores.push_back(quality);
    pairs.truth.push_back((quality + random.Below(4000)) / 100);
    pairs.groups.push_back(random.Below(1000));
  }
  return pairs;
}

void BM_KendallTauB(benchmark::State& state) {
  const Pairs pairs = MakePairs();
  while (state.KeepRunning()) benchmark::DoNotOptimize(score::KendallTauB(pairs.scores, pairs.truth));
}
BENCHMARK(BM_KendallTauB)->Unit(benchmark::kMillisecond);

void BM_RankingWithIntervals(benchmark::State& state) {
  const Pairs pairs = MakePairs();
  while (state.KeepRunning()) {
    benchmark::DoNotOptimize(score::RankingOf(pairs.scores, pairs.truth, pairs.groups));
  }
}
BENCHMARK(BM_RankingWithIntervals)->Unit(benchmark::kMillisecond);

void BM_Frontier(benchmark::State& state) {
  const space::Space space = *space::Preset("nas-bench-201", {});
  auto frontier = score::Frontier::Make(*score::Enumeration::UpTo(space, kChildren), MakePairs().truth);
  if (!frontier.ok()) {
    std::fprintf(stderr, "rank_statistics: %s\n", frontier.status().message().c_str());
    std::exit(1);
  }
  while (state.KeepRunning()) benchmark::DoNotOptimize(frontier->Rows(nullptr, nullptr));
}
BENCHMARK(BM_Frontier)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace nasshrink

BENCHMARK_MAIN();
