#include "run/rehearsal.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "space/cost.h"
#include "space/feasible.h"

namespace nasshrink::run {
namespace {

using Clock = std::chrono::steady_clock;

// Two small batches, from which memory is carried on.
constexpr uint32_t kSmall = 2;
constexpr uint32_t kLarger = 4;
constexpr uint32_t kSteps = 12;
constexpr double kMostSeconds = 3;
constexpr uint64_t kChildren = 4;
constexpr uint64_t kSeed = 1;

double SecondsSince(Clock::time_point begun) { return std::chrono::duration<double>(Clock::now() - begun).count(); }

base::Result<space::FeasibleSet> AllChildren(const space::Space& space) { return space::FeasibleSet::Make(space, {}); }

// Memory for `batch` images, on the line through two smaller batches.
uint64_t CarriedOn(uint64_t small, uint64_t larger, uint32_t batch) {
  const double slope = (static_cast<double>(larger) - static_cast<double>(small)) / (kLarger - kSmall);
  return static_cast<uint64_t>(static_cast<double>(small) + std::max(0.0, slope) * (batch - kSmall));
}

// Batches of `batch` images: calls `attempt` with smaller ones first.
template <typename Attempt>
base::Result<Rehearsal> Rehearse(uint32_t batch, uint64_t most_bytes, const Attempt& attempt) {
  if (batch <= kLarger) return attempt(batch);
  NASSHRINK_ASSIGN_OR_RETURN(const Rehearsal small, attempt(kSmall));
  NASSHRINK_ASSIGN_OR_RETURN(const Rehearsal larger, attempt(kLarger));
  Rehearsal carried;
  carried.bytes = CarriedOn(small.bytes, larger.bytes, batch);
  carried.too_large = carried.bytes > most_bytes;
  if (carried.too_large) return carried;
  return attempt(batch);
}

// The time between two steps, when there is a second; the first one warms up.
struct StepTimes {
  Clock::time_point begun = Clock::now();
  double first = 0, last = 0;
  uint64_t steps = 0;

  void Count() {
    last = SecondsSince(begun);
    if (++steps == 1) first = last;
  }
  double Each() const {
    if (steps == 0) return 0;
    return steps == 1 ? last : (last - first) / static_cast<double>(steps - 1);
  }
};

base::Result<Rehearsal> TrainSome(const space::Space& space, const SupernetOptions& supernet, TrainOptions options,
                                  const Rehearsed& with) {
  NASSHRINK_ASSIGN_OR_RETURN(const auto made, with.backend->NewSupernet(space, supernet));
  options.images = uint64_t{options.batch_size} * kSteps;
  NASSHRINK_ASSIGN_OR_RETURN(const auto trainer, made->NewTrainer(options));
  base::Cancel enough(with.cancel);
  StepTimes times;
  EpochRequest request;
  request.cancel = &enough;
  request.progress = [&](uint64_t /*done*/, uint64_t /*total*/) {
    times.Count();
    if (times.last > kMostSeconds) enough.Trigger();
  };
  NASSHRINK_ASSIGN_OR_RETURN(const EpochOutcome outcome, trainer->Epoch(*with.dataset, request));
  if (base::Triggered(with.cancel.get())) return base::Status(base::Code::kCancelled, "the estimate was cancelled");
  const uint64_t steps = std::max<uint64_t>(1, outcome.steps + outcome.skipped_steps);
  const double images = static_cast<double>(outcome.images) / static_cast<double>(steps);
  Rehearsal rehearsal;
  rehearsal.bytes = made->PeakMemory();
  rehearsal.seconds_per_image = images > 0 ? times.Each() / images : 0;
  return rehearsal;
}

// Other batches than the step's must not be larger.
void SetBatch(uint32_t batch, TrainOptions* options) {
  options->batch_size = batch;
  if (options->micro_batch_size != 0) options->micro_batch_size = std::min(options->micro_batch_size, batch);
  options->architecture.batch_size = std::min(options->architecture.batch_size, batch);
}

base::Result<Rehearsal> EvaluateSome(const space::Space& space, const SupernetOptions& supernet,
                                     const std::vector<space::Architecture>& children, const EvaluateOptions& options,
                                     const Rehearsed& with) {
  NASSHRINK_ASSIGN_OR_RETURN(const auto made, with.backend->NewSupernet(space, supernet));
  const auto begun = Clock::now();
  NASSHRINK_RETURN_IF_ERROR(made->Evaluate(children, with.dataset, options, with.cancel.get(), nullptr).status());
  const bool re_bn = options.re_bn.average != ReBatchNorm::Average::kOff;
  const double images = static_cast<double>(options.images + (re_bn ? options.re_bn.images : 0));
  Rehearsal rehearsal;
  rehearsal.bytes = made->PeakMemory();
  rehearsal.seconds_per_image = SecondsSince(begun) / (images * static_cast<double>(children.size()));
  return rehearsal;
}

}  // namespace

space::Architecture LargestChild(const space::Space& space) {
  const auto cost = space::CostModel::Make(space);
  space::Architecture largest;
  for (size_t choice = 0; choice < space.choices.size(); ++choice) {
    const auto& alive = space.choices[choice].alive;
    const auto smaller = [&](uint32_t a, uint32_t b) {
      return cost.ok() && cost->table()[choice][a].macs < cost->table()[choice][b].macs;
    };
    largest.push_back(*std::max_element(alive.begin(), alive.end(), smaller));
  }
  return largest;
}

base::Result<Rehearsal> RehearseTraining(const space::Space& space, SupernetOptions supernet, TrainOptions options,
                                         const Rehearsed& with) {
  supernet.count_memory = true;
  options.architecture.frozen_epochs = 0;
  options.schedule_steps = kSteps;
  // A rate that fits a whole batch may drive small ones out of range.
  for (OptimizerOptions* optimizer : {&options.optimizer, &options.architecture.optimizer}) {
    optimizer->learning_rate = 0;
    optimizer->final_learning_rate = 0;
  }
  if (options.strategy == TrainOptions::Strategy::kUniform && !options.per_cell_rejecting) {
    NASSHRINK_ASSIGN_OR_RETURN(const auto all, AllChildren(space));
    options.draw = [largest = LargestChild(space), all, draw = options.draw](uint64_t seed, uint64_t step) {
      if (step == 0) return largest;
      return draw != nullptr ? draw(seed, step) : all.Draw(seed, base::Purpose::kPath, step);
    };
  }
  const TrainOptions whole = options;
  return Rehearse(whole.batch_size, with.most_bytes, [&](uint32_t batch) {
    TrainOptions some = whole;
    SetBatch(batch, &some);
    return TrainSome(space, supernet, some, with);
  });
}

base::Result<Rehearsal> RehearseEvaluation(const space::Space& space, SupernetOptions supernet, EvaluateOptions options,
                                           const Rehearsed& with) {
  supernet.count_memory = true;
  NASSHRINK_ASSIGN_OR_RETURN(const auto all, AllChildren(space));
  std::vector<space::Architecture> children = {LargestChild(space)};
  for (uint64_t i = 1; i < kChildren; ++i) children.push_back(all.Draw(kSeed, base::Purpose::kPath, i));
  const uint32_t batch = std::max(options.batch_size, options.re_bn.batch_size);
  return Rehearse(batch, with.most_bytes, [&](uint32_t most) {
    EvaluateOptions some = options;
    some.batch_size = std::min(options.batch_size, most);
    some.re_bn.batch_size = std::min(options.re_bn.batch_size, most);
    some.images = some.batch_size;
    some.re_bn.images = some.re_bn.batch_size;
    return EvaluateSome(space, supernet, children, some, with);
  });
}

}  // namespace nasshrink::run
