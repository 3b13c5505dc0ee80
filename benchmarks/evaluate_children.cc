// Many children of NAS-Bench-Macro evaluated in one call, against one after another.
//
// Every round evaluates all the children at once and a sample of them one by one, on supernets of the same weights, and
// prints the seconds a child takes both ways, their ratio, and the ratio that multiply-adds alone would give.
// usage: evaluate_children CHILDREN WIDTH SIDE IMAGES THREADS [ROUNDS]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "run/backend.h"
#include "space/cost.h"
#include "space/presets.h"

extern "C" const nasshrink::run::BackendFactory* nasshrink_backend_factory();

namespace nasshrink {
namespace {

using Children = std::vector<space::Architecture>;

template <typename T>
T Take(base::Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "evaluate_children: %s\n", result.status().message().c_str());
    std::exit(1);
  }
  return *std::move(result);
}

// `count` different ones, or all.
Children MakeChildren(const space::Space& space, size_t count) {
  std::set<space::Architecture> children;
  constexpr size_t kAll = 6561;
  base::Philox random(1, base::Purpose::kSampleSpace);
  while (children.size() < std::min(count, kAll)) {
    space::Architecture child;
    for (const space::Choice& choice : space.choices) {
      child.push_back(random.Below(static_cast<uint32_t>(choice.candidates.size())));
    }
    children.insert(std::move(child));
  }
  return {children.begin(), children.end()};
}

// Multiply-adds of the children one by one over those with shared beginnings computed once, stem and head included.
double RatioOfMacs(const space::Space& space, const Children& children) {
  const space::CostModel costs = Take(space::CostModel::Make(space));
  const space::Network& network = space.network;
  const auto stem =
      9.0 * network.input_channels * network.layers[0].out_channels * network.input_height * network.input_width;
  const auto head = static_cast<double>(costs.fixed().macs) - stem;
  double apart = 0;
  double shared = stem + head * static_cast<double>(children.size());
  std::set<space::Architecture> beginnings;
  for (const space::Architecture& child : children) {
    apart += static_cast<double>(costs.Macs(child));
    space::Architecture beginning;
    for (size_t i = 0; i < child.size(); ++i) {
      beginning.push_back(child[i]);
      if (beginnings.insert(beginning).second) shared += static_cast<double>(costs.table()[i][child[i]].macs);
    }
  }
  return apart / shared;
}

double SecondsFor(run::Supernet* supernet, const std::vector<Children>& calls, run::Dataset* dataset) {
  run::EvaluateOptions options;
  const auto start = std::chrono::steady_clock::now();
  for (const Children& children : calls) Take(supernet->Evaluate(children, dataset, options, nullptr, {}));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int Run(size_t count, double width, uint32_t side, const std::string& images, uint32_t threads, int rounds) {
  run::BackendOptions backend_options;
  backend_options.intra_op_threads = threads;
  base::Status status;
  const std::unique_ptr<run::Backend> backend(nasshrink_backend_factory()->create(backend_options, &status));
  if (backend == nullptr) {
    std::fprintf(stderr, "evaluate_children: %s\n", status.message().c_str());
    return 1;
  }
  v1::PresetOptions preset;
  preset.set_width_multiplier(width);
  preset.set_input_height(side);
  preset.set_input_width(side);
  const space::Space space = Take(space::Preset("nas-bench-macro", preset));
  run::DatasetOptions data;
  data.source = "synthetic:10:3x" + std::to_string(side) + "x" + std::to_string(side) + ":" + images;
  const auto dataset = Take(backend->OpenDataset(data));
  const std::string weights = Take(Take(backend->NewSupernet(space, {}))->Serialize({}));
  const Children children = MakeChildren(space, count);
  std::vector<Children> sample;
  for (size_t i = 0; i < 20; ++i) sample.push_back({children[i * children.size() / 20]});
  std::printf("%zu children, by multiply-adds %.2f\n", children.size(), RatioOfMacs(space, children));
  for (int round = 0; round < rounds; ++round) {
    const double together = SecondsFor(Take(backend->LoadSupernet(space, weights)).get(), {children}, dataset.get()) /
                            static_cast<double>(children.size());
    const double alone = SecondsFor(Take(backend->LoadSupernet(space, weights)).get(), sample, dataset.get()) /
                         static_cast<double>(sample.size());
    std::printf("together %.4f s, one by one %.4f s, ratio %.2f\n", together, alone, alone / together);
  }
  return 0;
}

}  // namespace
}  // namespace nasshrink

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "usage: evaluate_children CHILDREN WIDTH SIDE IMAGES THREADS [ROUNDS]\n");
    return 2;
  }
  return nasshrink::Run(std::strtoul(argv[1], nullptr, 10), std::strtod(argv[2], nullptr),
                        static_cast<uint32_t>(std::strtoul(argv[3], nullptr, 10)), argv[4],
                        static_cast<uint32_t>(std::strtoul(argv[5], nullptr, 10)), argc > 6 ? std::atoi(argv[6]) : 3);
}
