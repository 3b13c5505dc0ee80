// Several candidates of every choice at once, each with a gate: what gradients of architecture parameters are made of.
#ifndef NASSHRINK_NN_MIXTURE_H_
#define NASSHRINK_NN_MIXTURE_H_

#include <cstdint>
#include <vector>

#include "nn/architecture_parameters.h"
#include "nn/image_drop.h"
#include "nn/pass.h"
#include "nn/program.h"
#include "nn/supernet_state.h"

namespace nasshrink::nn {

// Images [count, height, width, channels] with their labels; borrowed.
struct LabelledBatch {
  const float* images = nullptr;
  const int64_t* targets = nullptr;
  int64_t count = 0;
};

// True for a choice whose candidates are operators or cells: it has gates. A choice of a node's incoming edges has
// none.
bool HasGates(const space::Choice& choice);

// A mixture with the gates' values, all candidates numbered through.
struct GatedMixture {
  Mixture mixture;
  std::vector<float> gates;

  // Appends a candidate of the choice.
  void Add(uint32_t choice, uint32_t candidate, double gate, bool flows);
};

// Every alive candidate with its probability, gradient flowing through all (DARTS Eq. 2).
GatedMixture MixAll(const space::Space& space, const ChoiceValues& probabilities);

struct MixtureOutcome {
  double loss = 0;
  double accuracy = 0;               // percent
  ChoiceValues gate_gradient;        // dL/dgate; 0 for candidates that take no part
  std::vector<uint32_t> parameters;  // weights that have a gradient, ascending
};

// Cross-entropy of the mixture on the batch, batch norms by the batch's own moments. Weight gradients go to their
// places in `weight_gradients` (an array of the layout). Running statistics stay as they are. `drop` leaves identities
// out for some images.
MixtureOutcome RunMixture(SupernetState& state, const GatedMixture& mixture, const float* weights,
                          const LabelledBatch& batch, double label_smoothing, const ImageDrop& drop,
                          float* weight_gradients);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_MIXTURE_H_
