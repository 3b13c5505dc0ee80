// A space made concrete: where the weights of every layer and candidate lie. Made once a supernet; never changes.
#ifndef NASSHRINK_NN_NETWORK_H_
#define NASSHRINK_NN_NETWORK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "nn/parameters.h"
#include "space/space.h"
#include "space/validate_network.h"

namespace nasshrink::nn {

struct NetworkPlan {
  space::Space space;
  bool stand_alone = false;
  bool named_as_nas_bench_201 = false;
  std::vector<space::Shape> shapes;   // as space::ShapesOf
  std::vector<std::string> prefixes;  // of the tensors' names, by layer
  // Behind which an auxiliary head stands (nn/auxiliary_head.h); nothing without one.
  std::optional<uint32_t> auxiliary_layer;
  Layout layout;
  std::unordered_map<std::string, uint32_t> parameters;  // name to index in the layout
  std::unordered_map<std::string, uint32_t> statistics;
};

// With `stand_alone` operators' batch norms are affine and every choice must have one alive candidate.
//
// Tensors of spaces made of NAS-Bench-201's parts are named as its PyTorch module names them: "stem.0.weight",
// "cells.3.edges.2<-1.4.op.1.weight" (edge, candidate), "cells.5.conv_a.op.1.weight", "cells.5.downsample.1.weight",
// "lastact.0.weight", "classifier.weight". In all other spaces layer i has the prefix "layers.i", its candidate c
// "layers.i.c", an edge of its cell "layers.i.edges.2<-1.c"; the classifier stays "classifier". Inside an operator
// names are those of space/build_operator.cc.
//
// INVALID_ARGUMENT or UNIMPLEMENTED, naming layer or choice, for what cannot be trained: open grammars, sharing groups,
// networks that do not end in one linear layer. An auxiliary head needs a second reduction.
base::Result<NetworkPlan> PlanNetwork(const space::Space& space, bool stand_alone, bool auxiliary_head = false);

// Cell layers of the network.
uint32_t CountCellLayers(const space::Space& space);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_NETWORK_H_
