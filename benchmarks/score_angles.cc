// Angles of children of a full-size NAS-Bench-201 supernet (C=16, N=5), on one core: the table from the weights, all
// 15,625 angles from the table, and both together.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "run/backend.h"
#include "score/angle.h"
#include "score/enumeration.h"
#include "space/presets.h"

extern "C" const nasshrink::run::BackendFactory* nasshrink_backend_factory();

namespace nasshrink {
namespace {

constexpr size_t kChildren = 15625;

template <typename T>
T Take(base::Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "score_angles: %s\n", result.status().message().c_str());
    std::exit(1);
  }
  return *std::move(result);
}

// One supernet for all benchmarks; it lives as long as the process.
const run::Supernet& FullSize() {
  static const run::Supernet* const kSupernet = [] {
    base::Status status;
    run::Backend* backend = nasshrink_backend_factory()->create({}, &status);
    if (backend == nullptr) std::exit(1);
    return Take(backend->NewSupernet(Take(space::Preset("nas-bench-201", {})), {})).release();
  }();
  return *kSupernet;
}

void AllAngles(const score::FactorTable& table, std::vector<uint32_t>* children, std::vector<double>* angles) {
  const space::Space& space = FullSize().space();
  const auto scorer = Take(score::AngleScorer::Make(space, table, {}));
  const auto enumeration = score::Enumeration::UpTo(space, kChildren);
  enumeration->Fill(0, kChildren, children->data());
  if (!scorer.Angles(children->data(), kChildren, angles->data()).ok()) std::exit(1);
}

void BM_Table(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Take(FullSize().Table({})));
}
BENCHMARK(BM_Table)->Unit(benchmark::kMillisecond);

void BM_AnglesOfAllChildren(benchmark::State& state) {
  const score::FactorTable table = Take(FullSize().Table({}));
  std::vector<uint32_t> children(kChildren * 6);
  std::vector<double> angles(kChildren);
  for (auto _ : state) {
    AllAngles(table, &children, &angles);
    benchmark::DoNotOptimize(angles.data());
  }
}
BENCHMARK(BM_AnglesOfAllChildren)->Unit(benchmark::kMillisecond);

void BM_TableAndAngles(benchmark::State& state) {
  std::vector<uint32_t> children(kChildren * 6);
  std::vector<double> angles(kChildren);
  for (auto _ : state) {
    AllAngles(Take(FullSize().Table({})), &children, &angles);
    benchmark::DoNotOptimize(angles.data());
  }
}
BENCHMARK(BM_TableAndAngles)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace nasshrink

BENCHMARK_MAIN();
