// The operators this back end can train, keyed by the registry's kind.
//
// An edge of a cell does one of four things to its source node; a layer of the network is one of the fixed parts of
// methods known from NAS-Bench-201. What an operator computes is in program.cc; here is what it is.
#ifndef NASSHRINK_NN_OPERATORS_H_
#define NASSHRINK_NN_OPERATORS_H_

#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "space/space.h"

namespace nasshrink::nn {

enum class EdgeAction : uint8_t {
  kBreak,     // "none": adds nothing
  kPass,      // "identity"
  kConvolve,  // "relu_conv_bn": ReLU, convolution without bias, batch norm
  kPool,      // "avg_pool": 3x3, stride 1, border cells left out of the count
};

struct EdgeKind {
  EdgeAction action = EdgeAction::kBreak;
  int kernel = 0;
};

enum class LayerKind : uint8_t {
  kConvNorm,     // "conv_bn": convolution without bias, batch norm
  kResidual,     // "resnet_block": ReLU-conv3x3-BN twice, shortcut average pool 2x2 and conv1x1
  kNormRectify,  // "bn_relu"
  kPixelMean,    // "global_avg_pool"
  kClassify,     // "linear" with bias
};

// UNIMPLEMENTED for kinds this back end does not train, INVALID_ARGUMENT for attributes out of range.
base::Result<EdgeKind> EdgeKindOf(const space::OperatorDef& op, std::string_view field);
base::Result<LayerKind> LayerKindOf(const space::OperatorDef& op, std::string_view field);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_OPERATORS_H_
