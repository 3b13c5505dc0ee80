#include "nn/operators.h"

#include <array>
#include <utility>

namespace nasshrink::nn {
namespace {

constexpr std::array<std::pair<std::string_view, EdgeAction>, 4> kEdgeActions = {{
    {"none", EdgeAction::kBreak},
    {"identity", EdgeAction::kPass},
    {"relu_conv_bn", EdgeAction::kConvolve},
    {"avg_pool", EdgeAction::kPool},
}};

constexpr std::array<std::pair<std::string_view, LayerKind>, 5> kLayerKinds = {{
    {"conv_bn", LayerKind::kConvNorm},
    {"resnet_block", LayerKind::kResidual},
    {"bn_relu", LayerKind::kNormRectify},
    {"global_avg_pool", LayerKind::kPixelMean},
    {"linear", LayerKind::kClassify},
}};

base::Status Unknown(const space::OperatorDef& op, std::string_view field, std::string_view allowed) {
  return base::Status(base::Code::kUnimplemented, "the torch back end does not train this operator here")
      .WithField(field, op.kind, allowed);
}

}  // namespace

base::Result<EdgeKind> EdgeKindOf(const space::OperatorDef& op, std::string_view field) {
  for (const auto& [kind, action] : kEdgeActions) {
    if (op.kind != kind) continue;
    EdgeKind edge;
    edge.action = action;
    const int64_t kernel = op.Integer("kernel", 3);
    if (action == EdgeAction::kConvolve && (kernel < 1 || kernel > 15 || kernel % 2 == 0)) {
      return base::Invalid(fmt::format("{}.kernel", field), kernel, "an odd number up to 15",
                           "the kernel does not fit");
    }
    if (action == EdgeAction::kPool && kernel != 3) {
      return base::Invalid(fmt::format("{}.kernel", field), kernel, "3", "the pool's window does not fit");
    }
    const int64_t dilation = op.Integer("dilation", 1);
    if (dilation != 1) {
      return base::Invalid(fmt::format("{}.dilation", field), dilation, "1", "the dilation does not fit");
    }
    edge.kernel = static_cast<int>(kernel);
    return edge;
  }
  return Unknown(op, field, "none, identity, relu_conv_bn or avg_pool");
}

base::Result<LayerKind> LayerKindOf(const space::OperatorDef& op, std::string_view field) {
  for (const auto& [name, kind] : kLayerKinds) {
    if (op.kind == name) return kind;
  }
  return Unknown(op, field, "conv_bn, resnet_block, bn_relu, global_avg_pool or linear");
}

}  // namespace nasshrink::nn
