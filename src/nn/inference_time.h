// How long the inference of one network takes on this machine.
#ifndef NASSHRINK_NN_INFERENCE_TIME_H_
#define NASSHRINK_NN_INFERENCE_TIME_H_

#include "base/cancel.h"
#include "base/status.h"
#include "run/backend.h"
#include "space/space.h"

namespace nasshrink::nn {

// run::Backend::TimeInference: batches of noise through the space's only child, with weights as they are initialised
// and running statistics.
base::Result<run::InferenceTimes> TimeInference(const space::Space& child, uint32_t intra_op_threads,
                                                const run::TimingOptions& options, const base::Cancel* cancel);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_INFERENCE_TIME_H_
