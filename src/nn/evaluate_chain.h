// Accuracy of many children of a chain at once: layers that several of them begin with are computed once.
//
// A child's result is that of evaluating it alone, bit for bit: a layer is always computed by itself, on what came out
// of the one before, and its batch norms' statistics depend on the layers before it alone.
#ifndef NASSHRINK_NN_EVALUATE_CHAIN_H_
#define NASSHRINK_NN_EVALUATE_CHAIN_H_

#include <vector>

#include "nn/evaluation_data.h"
#include "nn/supernet_state.h"
#include "run/backend.h"

namespace nasshrink::nn {

// One evaluation an architecture, in order; the space must be a chain (nn/child_tree.h). `statistics_limit` bounds the
// bytes of batch-norm statistics kept at once: children beyond it are evaluated in a further round over the images.
base::Result<std::vector<run::Evaluation>> EvaluateChain(SupernetState& state,
                                                         const std::vector<space::Architecture>& architectures,
                                                         EvaluationData& data, uint64_t statistics_limit,
                                                         const run::StepProgress& progress);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_EVALUATE_CHAIN_H_
