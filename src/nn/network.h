// A space made concrete: every layer's sizes and where its weights lie. Made once a supernet; never changes.
#ifndef NASSHRINK_NN_NETWORK_H_
#define NASSHRINK_NN_NETWORK_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "nn/operators.h"
#include "nn/parameters.h"
#include "space/space.h"

namespace nasshrink::nn {

struct Convolution {
  uint32_t weight = 0;  // index into Layout::parameters
  int in = 0;
  int out = 0;
  int kernel = 0;
  int stride = 1;
};

struct Norm {
  uint32_t statistics = 0;  // index into Layout::statistics
  bool affine = false;
  uint32_t scale = 0;  // indices into Layout::parameters when affine
  uint32_t shift = 0;
};

struct EdgeOperator {
  EdgeAction action = EdgeAction::kBreak;
  bool stored = false;  // alive, so that its weights (if any) are kept
  Convolution convolution;
  Norm norm;
};

struct ConvNormLayer {
  Convolution convolution;
  Norm norm;
};

struct CellLayer {
  uint32_t cell = 0;                             // index into Network::cells
  uint32_t ordinal = 0;                          // counts cell layers from 0
  std::vector<std::vector<EdgeOperator>> edges;  // [edge][candidate of its choice]
};

struct ResidualLayer {
  Convolution first, second, shortcut;
  Norm first_norm, second_norm;
};

struct NormRectifyLayer {
  Norm norm;
};

struct PixelMeanLayer {};

struct ClassifyLayer {
  uint32_t weight = 0;
  uint32_t bias = 0;
  int in = 0;
  int classes = 0;
};

struct NetworkLayer {
  std::string prefix;  // of its tensors' names
  int channels = 0;    // of its output
  int height = 0;
  int width = 0;
  std::variant<ConvNormLayer, CellLayer, ResidualLayer, NormRectifyLayer, PixelMeanLayer, ClassifyLayer> body;
};

struct NetworkPlan {
  space::Space space;
  bool stand_alone = false;
  Layout layout;
  std::vector<NetworkLayer> layers;
  uint32_t cell_layers = 0;
};

// With `stand_alone` operators' batch norms are affine and every choice must have one alive candidate.
// Tensors are named as a PyTorch module of NAS-Bench-201 names them: "stem.0.weight",
// "cells.3.edges.2<-1.4.op.1.weight" (edge, candidate), "cells.5.conv_a.op.1.weight", "cells.5.downsample.1.weight",
// "lastact.0.weight", "classifier.weight".
base::Result<NetworkPlan> PlanNetwork(const space::Space& space, bool stand_alone);

// "3<-1" for an edge of a cell.
std::string EdgeName(const space::CellEdge& edge);

// Floats one training step on `batch` images keeps at most, over all architectures (a bound, not an exact number).
uint64_t StepFloats(const NetworkPlan& plan, uint32_t batch);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_NETWORK_H_
