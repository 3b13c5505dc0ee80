// The factor table of a supernet: its weights boiled down to five numbers per candidate operator.
#ifndef NASSHRINK_NN_TABLE_H_
#define NASSHRINK_NN_TABLE_H_

#include "nn/network.h"
#include "nn/parameters.h"
#include "score/factor_table.h"

namespace nasshrink::nn {

// The table of score/angle_table.h. An operator counts by its convolutions, with `params` by its batch norms and biases
// too. Fixed parts are what belongs to no candidate (stem, preprocessing, classifier, ...): in NAS-Bench-201 all their
// weights, elsewhere the kinds of weights that count in operators, and the classifier's (published code of ABS).
score::FactorTable MakeAngleTable(const NetworkPlan& plan, const Weights& weights, const score::AngleOptions& options);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_TABLE_H_
