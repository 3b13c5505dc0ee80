// The engine against the plain network: logits and the gradients of every parameter.
#ifndef NASSHRINK_TESTS_NN_COMPARE_WITH_PLAIN_H_
#define NASSHRINK_TESTS_NN_COMPARE_WITH_PLAIN_H_

#include <cstdint>
#include <vector>

#include "nn/network.h"
#include "space/space.h"

namespace nasshrink::nn {

// Differences allowed, relative to the largest entry of the tensor that is compared (or to a tenth of the largest of
// all gradients, where a batch norm cancels a tensor's whole gradient).
struct Agreement {
  double single = 1e-5;    // float
  double twofold = 1e-10;  // double
};

// Runs one training pass on `images` random pictures with random weights (scales and shifts among them) and a random
// gradient of the logits, in float and in double. `cells` as CompileProgram takes them.
void CompareWithPlain(const space::Space& space, bool stand_alone, const std::vector<space::Architecture>& cells,
                      int64_t images = 3, const Agreement& agreement = {});

// Alive candidates drawn by seed.
space::Architecture RandomChild(const space::Space& space, uint64_t seed);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_TESTS_NN_COMPARE_WITH_PLAIN_H_
