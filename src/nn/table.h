// The factor table of a supernet: its weights boiled down to five numbers per candidate operator.
#ifndef NASSHRINK_NN_TABLE_H_
#define NASSHRINK_NN_TABLE_H_

#include "nn/network.h"
#include "nn/parameters.h"
#include "score/factor_table.h"

namespace nasshrink::nn {

// One factor a choice of a cell or layer, rows for all candidates of the root space (zeros for dropped ones), summed
// over the layers where the choice stands. An operator counts by its convolutions, with `params` by its batch norms and
// biases too. A pool counts as `channels` filters of 3x3 weights 1/9; an identity that keeps the shape as nothing, or
// as the identity matrix with `identity_eye`. Fixed parts are what belongs to no candidate (stem, preprocessing,
// classifier, ...): in NAS-Bench-201 all their weights, elsewhere the kinds of weights that count in operators, and the
// classifier's (published code of ABS).
score::FactorTable MakeAngleTable(const NetworkPlan& plan, const Weights& weights, const score::AngleOptions& options);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_TABLE_H_
