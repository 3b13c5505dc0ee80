// The learning rate of a step.
#ifndef NASSHRINK_NN_SCHEDULE_H_
#define NASSHRINK_NN_SCHEDULE_H_

#include <cstdint>

#include "run/backend.h"

namespace nasshrink::nn {

// Rate of step `step` of a schedule over `steps` steps (0 steps: constant). Warm-up rises linearly to the schedule's
// start; the schedule then covers the steps that are left; later steps keep its last value. With `hold_steps` above 1
// the schedule moves only every so many steps, counted from step 0 (an epoch's steps: NAS-Bench-201's code).
double LearningRate(const run::OptimizerOptions& options, uint64_t step, uint64_t steps);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_SCHEDULE_H_
