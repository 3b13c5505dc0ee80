// The child (or, per cell, the children) a training step works on.
#ifndef NASSHRINK_NN_SAMPLING_H_
#define NASSHRINK_NN_SAMPLING_H_

#include <cstdint>
#include <vector>

#include "nn/network.h"

namespace nasshrink::nn {

// One candidate a choice, independent and uniform over the alive ones, shared by all cells (SPOS).
space::Architecture SampleShared(const space::Space& space, uint64_t seed, uint64_t step);

// A fresh draw for every cell layer; a node whose incoming edges would all break the path is drawn again (the
// published NAS-Bench-201 code of ABS). A node that has nothing else alive is left as it is.
std::vector<space::Architecture> SamplePerCell(const NetworkPlan& plan, uint64_t seed, uint64_t step);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_SAMPLING_H_
