// The engine against the plain network: logits and the gradients of every parameter.
#ifndef NASSHRINK_TESTS_NN_COMPARE_WITH_PLAIN_H_
#define NASSHRINK_TESTS_NN_COMPARE_WITH_PLAIN_H_

#include <cstdint>
#include <vector>

#include "nn/operations.h"
#include "space/space.h"

namespace nasshrink::nn {

// Differences allowed, relative to the largest entry of the tensor that is compared (or to a tenth of the largest of
// all gradients, where a batch norm cancels a tensor's whole gradient).
struct Agreement {
  double twofold = 1e-10;  // double
  double single = 1e-5;    // float
  // Float gradients of a whole network: in deep ones some activation always lies so close to a kink that rounding puts
  // it on the other side. Not 0: the difference of all gradients together, relative to their length.
  double single_gradients = 0;
};
inline constexpr Agreement kOfWholeNetworks = {1e-10, 1e-4, 0.1};

// Runs one training pass on `images` random pictures with random weights (scales and shifts among them) and a random
// gradient of the logits, in float and in double, and one with given moments. `cells` as CompileProgram takes them.
void CompareWithPlain(const space::Space& space, bool stand_alone, const std::vector<space::Architecture>& cells,
                      int64_t images = 3, const Agreement& agreement = {});

// The same for a mixture and the gradients of its gates, whose values are drawn; a gate is 0 where a candidate that
// nothing flows through hangs on it. With `differences` the gradients of the first, middle and last gate are compared
// with differences of the logits too: in a network of few kinks.
void CompareMixtureWithPlain(const space::Space& space, const Mixture& mixture, bool differences, int64_t images = 3,
                             const Agreement& agreement = {});

// Weights of every kind, drawn so that values keep their size from layer to layer; scales lie around 1.
std::vector<double> RandomWeights(const Layout& layout);

// Alive candidates drawn by seed.
space::Architecture RandomChild(const space::Space& space, uint64_t seed);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_TESTS_NN_COMPARE_WITH_PLAIN_H_
