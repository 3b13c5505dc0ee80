// Single-path training through the back end's interface; the opponent is benchmarks/peers/train_eager.py.
//
// Reads lines "STEPS" from standard input; for each trains that many steps and prints the seconds they took and the
// genotypes (six operator codes each) that were drawn.
// usage: train_speed CHANNELS CELLS INPUT_CHANNELS SIDE BATCH THREADS
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "run/backend.h"
#include "space/presets.h"

extern "C" const nasshrink::run::BackendFactory* nasshrink_backend_factory();

namespace nasshrink {
namespace {

template <typename T>
T Take(base::Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "train_speed: %s\n", result.status().message().c_str());
    std::exit(1);
  }
  return *std::move(result);
}

struct Size {
  uint32_t channels, cells, input_channels, side, batch, threads;
};

space::Space MakeSpace(const Size& size) {
  v1::PresetOptions options;
  options.set_channels(size.channels);
  options.set_cells(size.cells);
  options.set_input_channels(size.input_channels);
  options.set_input_height(size.side);
  options.set_input_width(size.side);
  return Take(space::Preset("nas-bench-201", options));
}

int Run(const Size& size) {
  run::BackendOptions backend_options;
  backend_options.intra_op_threads = size.threads;
  base::Status status;
  const std::unique_ptr<run::Backend> backend(nasshrink_backend_factory()->create(backend_options, &status));
  if (backend == nullptr) {
    std::fprintf(stderr, "train_speed: %s\n", status.message().c_str());
    return 1;
  }
  const auto supernet = Take(backend->NewSupernet(MakeSpace(size), {}));
  run::TrainOptions options;
  options.optimizer.nesterov = true;
  options.optimizer.weight_decay = 5e-4;
  options.optimizer.schedule = run::OptimizerOptions::Schedule::kConstant;
  const auto trainer = Take(supernet->NewTrainer(options));

  base::Philox random(1, base::Purpose::kSynthetic);
  std::vector<float> images(size_t{size.batch} * size.input_channels * size.side * size.side);
  for (float& value : images) value = static_cast<float>(random.Normal());
  std::vector<int64_t> targets(size.batch);
  for (int64_t& target : targets) target = random.Below(10);
  const run::TensorView inputs{
      images.data(), run::DType::kFloat32, {size.batch, size.input_channels, size.side, size.side}};
  const run::TensorView labels{targets.data(), run::DType::kInt64, {size.batch}};

  for (std::string line; std::getline(std::cin, line);) {
    const auto start = std::chrono::steady_clock::now();
    std::string genotypes;
    for (long left = std::strtol(line.c_str(), nullptr, 10); left > 0; --left) {
      const run::StepOutcome outcome = Take(trainer->Step(inputs, labels));
      genotypes += ' ';
      for (const uint32_t candidate : outcome.architectures[0]) genotypes += static_cast<char>('0' + candidate);
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("%.6f%s\n", seconds.count(), genotypes.c_str());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace nasshrink

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: train_speed CHANNELS CELLS INPUT_CHANNELS SIDE BATCH THREADS\n");
    return 2;
  }
  const auto number = [argv](int i) { return static_cast<uint32_t>(std::strtoul(argv[i], nullptr, 10)); };
  return nasshrink::Run({number(1), number(2), number(3), number(4), number(5), number(6)});
}
