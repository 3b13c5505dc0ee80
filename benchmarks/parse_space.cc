// Parsing and checking a space, fingerprints included, from its canonical bytes: every preset.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "space/codec.h"
#include "space/presets.h"

namespace nasshrink {
namespace {

void BM_Parse(benchmark::State& state, const std::string& preset) {
  const auto space = space::Preset(preset, {});
  if (!space.ok()) {
    std::fprintf(stderr, "parse_space: %s\n", space.status().message().c_str());
    std::exit(1);
  }
  const std::string bytes = space::CanonicalBytes(*space);
  while (state.KeepRunning()) benchmark::DoNotOptimize(space::ParseSpace(bytes));
  state.counters["operators"] = static_cast<double>(space->OperatorCount());
  state.counters["bytes"] = static_cast<double>(bytes.size());
}

}  // namespace
}  // namespace nasshrink

int main(int argc, char** argv) {
  for (const nasshrink::space::PresetInfo& preset : nasshrink::space::Presets()) {
    benchmark::RegisterBenchmark(("BM_Parse/" + preset.name).c_str(), nasshrink::BM_Parse, preset.name)
        ->Unit(benchmark::kMicrosecond);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
