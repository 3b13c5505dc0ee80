// Weights carried from one supernet to that of another space: a shrunk one, a deeper one, a child on its own.
#ifndef NASSHRINK_NN_INHERIT_H_
#define NASSHRINK_NN_INHERIT_H_

#include "base/status.h"
#include "nn/network.h"
#include "nn/parameters.h"
#include "run/backend.h"

namespace nasshrink::nn {

// FAILED_PRECONDITION when nothing can be carried over to `target`: it has another root, and is not, where the options
// let weights be new, a network of the same choices.
base::Status CheckHeir(const space::Space& source, const space::Space& target, const run::InheritOptions& options);

// Copies what `target` shares with `source`, layer by layer and by name and shape: weights, W0, averages, running
// statistics, architecture parameters. The layer a weight is taken from is the one with the same body, output and
// stride that has as many like it before it; so layers that a deeper network repeats more often are new at the end of
// their run (our decision). What is missing is FAILED_PRECONDITION, but for the scales and shifts of a child on its own
// (1 and 0), and for anything when the options say fill.
base::Result<Weights> InheritWeights(const NetworkPlan& source, const Weights& weights, const NetworkPlan& target,
                                     const run::InheritOptions& options);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_INHERIT_H_
