#include "nn/schedule.h"

#include <algorithm>
#include <cmath>

namespace nasshrink::nn {
namespace {

constexpr double kPi = 3.14159265358979323846;

}  // namespace

double LearningRate(const run::OptimizerOptions& options, uint64_t step, uint64_t steps) {
  const double peak = options.learning_rate;
  if (step < options.warmup_steps) {
    return peak * static_cast<double>(step + 1) / static_cast<double>(options.warmup_steps);
  }
  if (steps <= options.warmup_steps || options.schedule == run::OptimizerOptions::Schedule::kConstant) return peak;
  const uint64_t last = steps - 1;
  const uint64_t hold = std::max<uint64_t>(1, options.hold_steps);
  const uint64_t held = std::max<uint64_t>(std::min(step, last) / hold * hold, options.warmup_steps);
  const double progress =
      static_cast<double>(held - options.warmup_steps) / static_cast<double>(steps - options.warmup_steps);
  const double floor = options.final_learning_rate;
  if (options.schedule == run::OptimizerOptions::Schedule::kLinear) return peak + (floor - peak) * progress;
  return floor + (peak - floor) * (1 + std::cos(kPi * progress)) / 2;
}

}  // namespace nasshrink::nn
