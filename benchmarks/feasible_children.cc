// Children of the ProxylessNAS GPU space with at most 475 M multiply-adds (0.32 % of them): the count by dynamic
// programming over exact costs, uniform draws from it, and plain rejection, which draws from the whole space until a
// child fits.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>

#include "space/cost.h"
#include "space/feasible.h"
#include "space/presets.h"

namespace nasshrink {
namespace {

constexpr uint64_t kMostMacs = 475'000'000;

template <typename Value>
Value Take(base::Result<Value> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "feasible_children: %s\n", result.status().message().c_str());
    std::exit(1);
  }
  return *std::move(result);
}

const space::Space& Gpu() {
  static const space::Space space = Take(space::Preset("mobilenet-proxyless-gpu", {}));
  return space;
}

space::ChildFilter Window(uint64_t most) {
  space::ChildFilter filter;
  filter.windows.push_back({space::MacsOf(Take(space::CostModel::Make(Gpu())))});
  filter.windows[0].max = static_cast<int64_t>(most);
  return filter;
}

void BM_Count(benchmark::State& state) {
  const space::ChildFilter filter = Window(kMostMacs);
  while (state.KeepRunning()) benchmark::DoNotOptimize(Take(space::FeasibleSet::Make(Gpu(), filter)));
}

void BM_Draw(benchmark::State& state) {
  const space::FeasibleSet set = Take(space::FeasibleSet::Make(Gpu(), Window(kMostMacs)));
  uint64_t step = 0;
  while (state.KeepRunning()) benchmark::DoNotOptimize(set.Draw(1, base::Purpose::kSampleSpace, step++));
  state.SetItemsProcessed(state.iterations());
}

void BM_Reject(benchmark::State& state) {
  const space::FeasibleSet all = Take(space::FeasibleSet::Make(Gpu(), {}));
  const space::CostModel costs = Take(space::CostModel::Make(Gpu()));
  uint64_t step = 0;
  while (state.KeepRunning()) {
    while (costs.Macs(all.Draw(1, base::Purpose::kSampleSpace, step++)) > kMostMacs) {
    }
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["draws_per_child"] = static_cast<double>(step) / static_cast<double>(state.iterations());
}

BENCHMARK(BM_Count)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Draw)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_Reject)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace nasshrink

BENCHMARK_MAIN();
