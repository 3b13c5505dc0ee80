// Accuracy of children with a supernet's weights, after Re-BN.
//
// Batch-norm statistics are computed for every child from training images (SPOS Sec. 3.4) into scratch arrays, so an
// evaluation changes nothing and depends on its own child alone. What was found out is remembered until the weights
// change.
#ifndef NASSHRINK_NN_EVALUATE_H_
#define NASSHRINK_NN_EVALUATE_H_

#include <vector>

#include "nn/dataset.h"
#include "nn/supernet_state.h"
#include "run/backend.h"

namespace nasshrink::nn {

// Runs on the executor's thread. CANCELLED at the next batch. `progress` counts children.
base::Result<std::vector<run::Evaluation>> EvaluateChildren(
    SupernetState& state, const std::vector<space::Architecture>& architectures, const ImageDataset& dataset,
    const run::EvaluateOptions& options, const base::Cancel* cancel, const run::StepProgress& progress);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_EVALUATE_H_
