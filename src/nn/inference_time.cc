#include "nn/inference_time.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "base/random.h"
#include "nn/guard.h"
#include "nn/pass.h"
#include "nn/supernet_state.h"

namespace nasshrink::nn {
namespace {

// Runs that take more than this many times the median were interrupted by other work and are left out.
constexpr double kInterrupted = 2;
constexpr size_t kWarmUpRuns = 5;
constexpr size_t kLeastRuns = 20;
// The mean's distance from the true one that 95 % of measurements stay within, in standard errors.
constexpr double kNormal95 = 1.96;

// A lone thread's processor time is its wall time less what other programs took from it; of a team there is no such
// number.
class Stopwatch {
 public:
  explicit Stopwatch(bool alone) : clock_(alone ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC), start_(Now()) {}

  double Milliseconds() const { return Now() - start_; }

 private:
  double Now() const {
    timespec now = {};
    clock_gettime(clock_, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
  }

  const clockid_t clock_;
  const double start_;
};

run::InferenceTimes TimesOf(std::vector<double> runs) {
  std::sort(runs.begin(), runs.end());
  const double median = runs[runs.size() / 2];
  while (runs.back() > kInterrupted * median) runs.pop_back();
  run::InferenceTimes times;
  times.count = runs.size();
  for (const double run : runs) times.mean_ms += run / static_cast<double>(runs.size());
  for (const double run : runs) {
    times.variance += (run - times.mean_ms) * (run - times.mean_ms) / static_cast<double>(runs.size() - 1);
  }
  return times;
}

bool Settled(const run::InferenceTimes& times, double precision) {
  return kNormal95 * std::sqrt(times.variance / static_cast<double>(times.count)) <= precision * times.mean_ms;
}

base::Result<run::InferenceTimes> Repeat(Pass<float>* pass, const std::vector<float>& images,
                                         const GivenMoments<float>& given, bool alone,
                                         const run::TimingOptions& options, const base::Cancel* cancel) {
  for (size_t i = 0; i < kWarmUpRuns; ++i) pass->Forward(images.data(), options.batch_size, &given);
  std::vector<double> runs;
  const Stopwatch all(alone);
  // Looking at the runs takes time of its own, so it is done when there are half as many again.
  for (size_t next = kLeastRuns;; next += next / 2) {
    while (runs.size() < next) {
      if (base::Triggered(cancel)) return base::Status(base::Code::kCancelled, "the measurement was cancelled");
      const Stopwatch one(alone);
      pass->Forward(images.data(), options.batch_size, &given);
      runs.push_back(one.Milliseconds());
      if (runs.size() >= kLeastRuns && all.Milliseconds() > options.max_seconds * 1e3) return TimesOf(runs);
    }
    const run::InferenceTimes times = TimesOf(runs);
    if (Settled(times, options.precision)) return times;
  }
}

base::Status CheckOneChild(const space::Space& space) {
  for (size_t i = 0; i < space.choices.size(); ++i) {
    if (space.choices[i].alive.size() == 1) continue;
    return base::Invalid(fmt::format("choices[{}].alive", i), space.choices[i].alive.size(), "one alive candidate",
                         "one network is timed at a time");
  }
  return {};
}

base::Result<run::InferenceTimes> Time(SupernetState& state, const run::TimingOptions& options,
                                       const base::Cancel* cancel) {
  space::Architecture child;
  for (const space::Choice& choice : state.plan.space.choices) child.push_back(choice.alive.front());
  const space::Shape& in = state.plan.shapes.front();
  std::vector<float> images(size_t{options.batch_size} * in.channels * in.height * in.width);
  base::Philox random(0, base::Purpose::kSynthetic);
  for (float& pixel : images) pixel = static_cast<float>(random.Uniform() - 0.5);
  const Program program = CompileProgram(state.plan, {child});
  Pass<float> pass(state.plan, program, state.weights.current.data(), state.pool, false);
  const GivenMoments<float> given{state.weights.running_mean.data(), state.weights.running_variance.data()};
  return Repeat(&pass, images, given, state.executor.intra_op_threads() == 1, options, cancel);
}

}  // namespace

base::Result<run::InferenceTimes> TimeInference(const space::Space& child, uint32_t intra_op_threads,
                                                const run::TimingOptions& options, const base::Cancel* cancel) {
  NASSHRINK_RETURN_IF_ERROR(CheckOneChild(child));
  run::InferenceTimes times;
  const base::Status status = Guarded([&]() -> base::Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto plan, PlanNetwork(child, true));
    SupernetState state(std::move(plan), intra_op_threads);
    NASSHRINK_RETURN_IF_ERROR(Initialise(state.plan.layout, "kaiming_uniform", 0, &state.weights));
    return state.executor.Run([&]() -> base::Status {
      NASSHRINK_ASSIGN_OR_RETURN(times, Time(state, options, cancel));
      return {};
    });
  });
  if (!status.ok()) return status;
  return times;
}

}  // namespace nasshrink::nn
