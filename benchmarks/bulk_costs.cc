// Costs through the C ABI on one core: many children a call, and one child with all its parts.
#include <benchmark/benchmark.h>
#include <nasshrink.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "nasshrink/v1/architecture.pb.h"
#include "nasshrink/v1/context.pb.h"

namespace nasshrink {
namespace {

constexpr uint32_t kChildren = 100'000;

void Check(nasshrink_status status, nasshrink_error* error) {
  if (status == NASSHRINK_OK) return;
  std::fprintf(stderr, "bulk_costs: %s\n", nasshrink_error_message(error));
  std::exit(1);
}

const uint8_t* Bytes(const std::string& text) { return reinterpret_cast<const uint8_t*>(text.data()); }

// A space, a table without numbers and random children; they live as long as the process.
struct World {
  nasshrink_context* context = nullptr;
  nasshrink_space* space = nullptr;
  nasshrink_table* table = nullptr;
  v1::ArchitectureList children;
};

World* MakeWorld(const char* preset) {
  auto* const world = new World;
  nasshrink_error* error = nullptr;
  v1::ContextOptions options;
  options.set_workers(1);
  const std::string context = options.SerializeAsString();
  Check(nasshrink_context_create(Bytes(context), context.size(), nullptr, &world->context, &error), error);
  Check(nasshrink_space_preset(world->context, preset, nullptr, 0, &world->space, &error), error);
  Check(nasshrink_table_create(world->space, Bytes(""), 0, &world->table, &error), error);
  v1::SampleOptions sample;
  sample.set_count(kChildren);
  const std::string how = sample.SerializeAsString();
  nasshrink_buffer* out = nullptr;
  Check(nasshrink_space_sample(world->space, Bytes(how), how.size(), &out, &error), error);
  if (!world->children.ParseFromArray(nasshrink_buffer_data(out), static_cast<int>(nasshrink_buffer_size(out)))) {
    std::exit(1);
  }
  nasshrink_buffer_free(out);
  return world;
}

void BM_ManyChildren(benchmark::State& state, const char* preset) {
  const World* const world = MakeWorld(preset);
  std::vector<double> macs(kChildren);
  nasshrink_error* error = nullptr;
  for (auto _ : state) {
    Check(nasshrink_table_score(world->table, NASSHRINK_METRIC_MACS, nullptr, 0, world->children.candidates().data(),
                                kChildren, macs.data(), &error),
          error);
    benchmark::DoNotOptimize(macs.data());
  }
  state.counters["s_a_child"] =
      benchmark::Counter(kChildren, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(BM_ManyChildren, mobilenet_proxyless_mobile, "mobilenet-proxyless-mobile")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_ManyChildren, nas_bench_201, "nas-bench-201")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(BM_ManyChildren, darts, "darts")->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_OneChild(benchmark::State& state, const char* preset) {
  const World* const world = MakeWorld(preset);
  v1::Architecture message;
  message.mutable_candidates()->Add(world->children.candidates().begin(),
                                    world->children.candidates().begin() + world->children.choices());
  const std::string bytes = message.SerializeAsString();
  nasshrink_arch* arch = nullptr;
  nasshrink_error* error = nullptr;
  Check(nasshrink_arch_parse(world->space, Bytes(bytes), bytes.size(), &arch, &error), error);
  for (auto _ : state) {
    nasshrink_buffer* out = nullptr;
    Check(nasshrink_arch_cost(arch, nullptr, 0, &out, &error), error);
    nasshrink_buffer_free(out);
  }
  nasshrink_arch_free(arch);
}
BENCHMARK_CAPTURE(BM_OneChild, mobilenet_proxyless_mobile, "mobilenet-proxyless-mobile")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_OneChild, darts, "darts")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace nasshrink

BENCHMARK_MAIN();
