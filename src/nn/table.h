// The factor table of a supernet: its weights boiled down to five numbers per candidate operator.
#ifndef NASSHRINK_NN_TABLE_H_
#define NASSHRINK_NN_TABLE_H_

#include "nn/network.h"
#include "nn/parameters.h"
#include "score/factor_table.h"

namespace nasshrink::nn {

// One factor a choice, rows for all candidates of the root space (zeros for dropped ones), summed over the layers that
// repeat the cell. A pool counts as `channels` filters of 3x3 weights 1/9; an identity as nothing, or as the identity
// matrix with `identity_eye`. Fixed parts (published code of ABS on NAS-Bench-201):
// all weights and batch-norm parameters outside cells.
score::FactorTable MakeAngleTable(const NetworkPlan& plan, const Weights& weights, const score::AngleOptions& options);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_TABLE_H_
