// Single-path training through the back end's interface; the opponent is benchmarks/peers/train_eager.py.
//
// Reads lines "STEPS" from standard input; for each trains that many steps and prints the seconds they took and the
// genotypes (the number of the candidate of every choice, a digit each) that were drawn.
// usage: train_speed nas-bench-201 CHANNELS CELLS INPUT_CHANNELS SIDE BATCH THREADS
//        train_speed mobilenet-proxyless-gpu SIDE BATCH THREADS
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
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

struct Case {
  std::string preset;
  v1::PresetOptions options;
  uint32_t batch = 0;
  uint32_t threads = 0;
};

std::optional<Case> CaseOf(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return std::nullopt;
  std::vector<uint32_t> numbers;
  for (size_t i = 1; i < arguments.size(); ++i) {
    numbers.push_back(static_cast<uint32_t>(std::strtoul(arguments[i].c_str(), nullptr, 10)));
  }
  Case made;
  made.preset = arguments[0];
  const bool cells = made.preset == "nas-bench-201";
  if (numbers.size() != (cells ? 6 : 3)) return std::nullopt;
  made.threads = numbers.back();
  made.batch = numbers[numbers.size() - 2];
  const uint32_t side = numbers[numbers.size() - 3];
  made.options.set_input_height(side);
  made.options.set_input_width(side);
  if (!cells) return made;
  made.options.set_channels(numbers[0]);
  made.options.set_cells(numbers[1]);
  made.options.set_input_channels(numbers[2]);
  return made;
}

int Run(const Case& one) {
  run::BackendOptions backend_options;
  backend_options.intra_op_threads = one.threads;
  base::Status status;
  const std::unique_ptr<run::Backend> backend(nasshrink_backend_factory()->create(backend_options, &status));
  if (backend == nullptr) {
    std::fprintf(stderr, "train_speed: %s\n", status.message().c_str());
    return 1;
  }
  const space::Space space = Take(space::Preset(one.preset, one.options));
  const space::Network& network = space.network;
  const auto supernet = Take(backend->NewSupernet(space, {}));
  run::TrainOptions options;
  options.optimizer.nesterov = true;
  options.optimizer.weight_decay = 5e-4;
  options.optimizer.schedule = run::OptimizerOptions::Schedule::kConstant;
  const auto trainer = Take(supernet->NewTrainer(options));

  base::Philox random(1, base::Purpose::kSynthetic);
  std::vector<float> images(size_t{one.batch} * network.input_channels * network.input_height * network.input_width);
  for (float& value : images) value = static_cast<float>(random.Normal());
  std::vector<int64_t> targets(one.batch);
  for (int64_t& target : targets) target = random.Below(network.classes);
  const run::TensorView inputs{images.data(),
                               run::DType::kFloat32,
                               {one.batch, network.input_channels, network.input_height, network.input_width}};
  const run::TensorView labels{targets.data(), run::DType::kInt64, {one.batch}};

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
  const auto made = nasshrink::CaseOf({argv + 1, argv + argc});
  if (made.has_value()) return nasshrink::Run(*made);
  std::fprintf(stderr,
               "usage: train_speed nas-bench-201 CHANNELS CELLS INPUT_CHANNELS SIDE BATCH THREADS\n"
               "       train_speed mobilenet-proxyless-gpu SIDE BATCH THREADS\n");
  return 2;
}
