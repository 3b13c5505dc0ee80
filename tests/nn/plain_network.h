// A whole child, or a mixture of candidates, in plain tensor code: the independent computation that the engine is
// compared with (see plain_operators.h for what it must not use).
#ifndef NASSHRINK_TESTS_NN_PLAIN_NETWORK_H_
#define NASSHRINK_TESTS_NN_PLAIN_NETWORK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "nn/plain_operators.h"
#include "nn/plain_scope.h"
#include "space/space.h"

namespace nasshrink::nn {

// A candidate's part in a choice's value: its output times the gate (a number; undefined: 1). Where nothing flows, the
// gate has a gradient but neither the candidate's weights nor what it reads have one through it.
struct PlainPart {
  uint32_t candidate = 0;
  at::Tensor gate;
  bool flows = true;
};
// The parts of every choice.
using PlainMixture = std::vector<std::vector<PlainPart>>;

PlainMixture OneOfEach(const space::Architecture& architecture);

class PlainNetwork {
 public:
  // Both must outlive the network. A `stand_alone` child's batch norms have scale and shift everywhere but behind
  // pools.
  PlainNetwork(const space::Space& space, bool stand_alone, PlainTensors& tensors);

  // Images [n, channels, height, width] -> [n, classes]. One mixture for every cell layer in turn, or one for all.
  // `running`: batch norms use running statistics.
  at::Tensor Logits(const at::Tensor& images, const std::vector<PlainMixture>& cells, bool running = false) const {
    return Values(images, cells, running).back().flatten(1);
  }
  // The images, then what leaves layer after layer.
  std::vector<at::Tensor> Values(const at::Tensor& images, const std::vector<PlainMixture>& cells, bool running) const;

 private:
  struct Child;

  at::Tensor Layer(const Child& child, size_t index, const std::vector<at::Tensor>& values, size_t cell_layer) const;
  at::Tensor ChoiceLayer(const std::vector<PlainPart>& parts, const space::Choice& choice, const at::Tensor& x,
                         const PlainSite& site) const;
  at::Tensor Cell(const PlainMixture& mixture, const space::Cell& cell, const std::vector<at::Tensor>& inputs,
                  const PlainSite& site) const;

  const space::Space& space_;
  const bool stand_alone_;
  PlainTensors& tensors_;
  const std::vector<std::string> names_;  // of the layers
};

// The first part of the names of a layer's tensors: "layers.3", "classifier"; in spaces of NAS-Bench-201's type (one
// stem, cells of one input and one output, its operators) "stem", "cells.2", "lastact".
std::vector<std::string> PlainLayerNames(const space::Space& space);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_TESTS_NN_PLAIN_NETWORK_H_
