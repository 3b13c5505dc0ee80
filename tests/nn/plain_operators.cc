#include "nn/plain_operators.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "nn/plain_graph.h"

namespace nasshrink::nn {
namespace {

using space::OperatorDef;

bool ShapeStays(const at::Tensor& x, const PlainSite& site) { return site.stride == 1 && site.out == x.size(1); }

PlainWindow WindowOf(const OperatorDef& op, const PlainSite& site) {
  return {op.Integer("kernel", 1), site.stride, op.Integer("dilation", 1), op.Integer("groups", 1)};
}

PlainWindow Depthwise(int64_t kernel, int64_t stride, int64_t channels) { return {kernel, stride, 1, channels}; }

at::Tensor ConvNorm(const at::Tensor& x, const PlainScope& scope, const std::string& conv, const std::string& norm,
                    int64_t out, const PlainWindow& window) {
  return scope.Normalise(scope.Convolve(x, conv, out, window), norm);
}

at::Tensor Identity(const OperatorDef& op, const at::Tensor& x, const PlainSite& site) {
  if (ShapeStays(x, site)) return x;
  if (op.Text("strided", "") == "factorized_reduce") return PlainFactorizedReduce(x, site);
  return ConvNorm(x, site.scope, "0", "1", site.out, {1, site.stride});
}

at::Tensor Conv(const OperatorDef& op, const at::Tensor& x, const PlainSite& site) {
  const at::Tensor made = site.scope.Convolve(x, "0", site.out, WindowOf(op, site));
  return site.on_edge ? site.scope.Normalise(made, "1") : made;
}

at::Tensor DepthwiseConv(const OperatorDef& op, const at::Tensor& x, const PlainSite& site) {
  PlainWindow window = WindowOf(op, site);
  window.groups = x.size(1);
  return ConvNorm(x, site.scope, "0", "1", site.out, window);
}

at::Tensor ConvBatchNorm(const OperatorDef& op, const at::Tensor& x, const PlainSite& site) {
  return PlainActivation(op.Text("activation", "none"),
                         ConvNorm(x, site.scope, "0", "1", site.out, WindowOf(op, site)));
}

at::Tensor ReluConvBatchNorm(const OperatorDef& op, const at::Tensor& x, const PlainSite& site) {
  return ConvNorm(at::relu(x), site.scope.Below("op"), "1", "2", site.out, WindowOf(op, site));
}

at::Tensor Pool(const OperatorDef& op, const at::Tensor& x, const PlainSite& site) {
  const int64_t kernel = op.Integer("kernel", 1);
  const at::Tensor pooled = op.kind == "max_pool" ? at::max_pool2d(x, kernel, site.stride, kernel / 2)
                                                  : at::avg_pool2d(x, kernel, site.stride, kernel / 2, false, false);
  return op.Integer("batch_norm", 0) != 0 ? site.scope.Affine(false).Normalise(pooled, "1") : pooled;
}

// Twice ReLU, depthwise, 1x1, batch norm; the first depthwise convolution takes the stride (DARTS).
at::Tensor SeparableConv(const OperatorDef& op, const at::Tensor& x, const PlainSite& site) {
  const PlainScope scope = site.scope.Below("op");
  const int64_t channels = x.size(1);
  const int64_t kernel = op.Integer("kernel", 1);
  at::Tensor made = scope.Convolve(at::relu(x), "1", channels, Depthwise(kernel, site.stride, channels));
  made = ConvNorm(made, scope, "2", "3", channels, {});
  made = scope.Convolve(at::relu(made), "5", channels, Depthwise(kernel, 1, channels));
  return ConvNorm(made, scope, "6", "7", site.out, {});
}

at::Tensor DilatedConv(const OperatorDef& op, const at::Tensor& x, const PlainSite& site) {
  const PlainScope scope = site.scope.Below("op");
  PlainWindow window = WindowOf(op, site);
  window.groups = x.size(1);
  return ConvNorm(scope.Convolve(at::relu(x), "1", x.size(1), window), scope, "2", "3", site.out, {});
}

// Rounded to a multiple of 8, at least 8 and at least nine tenths (Once-for-All's make_divisible).
int64_t SqueezedChannels(int64_t channels, int64_t reduction) {
  const int64_t wanted = channels / reduction;
  const int64_t nearest = std::max<int64_t>(8, (wanted + 4) / 8 * 8);
  return static_cast<double>(nearest) < 0.9 * static_cast<double>(wanted) ? nearest + 8 : nearest;
}

// Hu et al., CVPR 2018.
at::Tensor SqueezeExcite(const at::Tensor& x, int64_t reduction, const std::string& gate, const PlainScope& scope) {
  const at::Tensor mean = x.mean({2, 3}, true);
  const at::Tensor squeezed = at::relu(scope.Mix(mean, "0", SqueezedChannels(x.size(1), reduction)));
  return x * PlainActivation(gate, scope.Mix(squeezed, "2", x.size(1)));
}

// Sandler et al., MobileNetV2 (CVPR 2018).
at::Tensor MobileBlock(const OperatorDef& op, const at::Tensor& x, const PlainSite& site) {
  const std::string activation = op.Text("activation", "relu6");
  const int64_t expansion = op.Integer("expansion", 1);
  const int64_t channels = x.size(1) * expansion;
  at::Tensor made = x;
  if (expansion > 1) {
    made = PlainActivation(activation, ConvNorm(x, site.scope.Below("expand"), "0", "1", channels, {}));
  }
  made = PlainActivation(activation, ConvNorm(made, site.scope.Below("depthwise"), "0", "1", channels,
                                              Depthwise(op.Integer("kernel", 1), site.stride, channels)));
  if (const int64_t reduction = op.Integer("squeeze_excite", 0); reduction > 0) {
    const char* const gate = activation == "h_swish" ? "hard_sigmoid" : "sigmoid";
    made = SqueezeExcite(made, reduction, gate, site.scope.Below("squeeze"));
  }
  made = ConvNorm(made, site.scope.Below("project"), "0", "1", site.out, {});
  return ShapeStays(x, site) ? made + x : made;
}

// NAS-Bench-201's reduction.
at::Tensor ResidualBlock(const OperatorDef& /*op*/, const at::Tensor& x, const PlainSite& site) {
  const at::Tensor middle = ConvNorm(at::relu(x), site.scope.Below("conv_a.op"), "1", "2", site.out, {3, site.stride});
  const at::Tensor main = ConvNorm(at::relu(middle), site.scope.Below("conv_b.op"), "1", "2", site.out, {3});
  return main + site.scope.Below("downsample").Convolve(at::avg_pool2d(x, 2, site.stride), "1", site.out, {});
}

// The part of SPOS's blocks that is not the main branch.
struct Halves {
  at::Tensor passed;
  at::Tensor main;
};

Halves SplitForShuffle(const at::Tensor& x, int64_t kernel, const PlainSite& site) {
  if (ShapeStays(x, site)) {
    const at::Tensor pairs = x.view({x.size(0), x.size(1) / 2, 2, x.size(2), x.size(3)});
    return {pairs.select(2, 0), pairs.select(2, 1)};
  }
  const PlainScope scope = site.scope.Below("branch_proj");
  const int64_t channels = x.size(1);
  const at::Tensor filtered = ConvNorm(x, scope, "0", "1", channels, Depthwise(kernel, site.stride, channels));
  return {at::relu(ConvNorm(filtered, scope, "2", "3", channels, {})), x};
}

at::Tensor ShuffleBlock(const OperatorDef& op, const at::Tensor& x, const PlainSite& site) {
  const int64_t kernel = op.Integer("kernel", 1);
  const Halves halves = SplitForShuffle(x, kernel, site);
  const PlainScope scope = site.scope.Below("branch_main");
  const int64_t middle = site.out / 2;
  at::Tensor made = at::relu(ConvNorm(halves.main, scope, "0", "1", middle, {}));
  made = ConvNorm(made, scope, "3", "4", middle, Depthwise(kernel, site.stride, middle));
  made = at::relu(ConvNorm(made, scope, "5", "6", site.out - halves.passed.size(1), {}));
  return at::cat({halves.passed, made}, 1);
}

at::Tensor ShuffleXception(const OperatorDef& /*op*/, const at::Tensor& x, const PlainSite& site) {
  constexpr int64_t kKernel = 3;
  const Halves halves = SplitForShuffle(x, kKernel, site);
  const PlainScope scope = site.scope.Below("branch_main");
  const int64_t middle = site.out / 2;
  const int64_t first = halves.main.size(1);
  at::Tensor made = ConvNorm(halves.main, scope, "0", "1", first, Depthwise(kKernel, site.stride, first));
  made = at::relu(ConvNorm(made, scope, "2", "3", middle, {}));
  made = ConvNorm(made, scope, "5", "6", middle, Depthwise(kKernel, 1, middle));
  made = at::relu(ConvNorm(made, scope, "7", "8", middle, {}));
  made = ConvNorm(made, scope, "10", "11", middle, Depthwise(kKernel, 1, middle));
  made = at::relu(ConvNorm(made, scope, "12", "13", site.out - halves.passed.size(1), {}));
  return at::cat({halves.passed, made}, 1);
}

at::Tensor NormRectify(const OperatorDef& /*op*/, const at::Tensor& x, const PlainSite& site) {
  return at::relu(site.scope.Normalise(x, "0"));
}

at::Tensor PixelMean(const OperatorDef& /*op*/, const at::Tensor& x, const PlainSite& /*site*/) {
  return x.mean({2, 3}, true);
}

at::Tensor Linear(const OperatorDef& op, const at::Tensor& x, const PlainSite& site) {
  return site.scope.Classify(x, site.out, op.Integer("bias", 1) != 0);
}

at::Tensor Reduce(const OperatorDef& /*op*/, const at::Tensor& x, const PlainSite& site) {
  return PlainFactorizedReduce(x, site);
}

at::Tensor Graph(const OperatorDef& op, const at::Tensor& x, const PlainSite& site) {
  return PlainGraph(op.graph, x, site.stride, site.scope.Affine(true));
}

using Maker = at::Tensor (*)(const OperatorDef& op, const at::Tensor& x, const PlainSite& site);

const std::map<std::string, Maker>& Makers() {
  static const auto* const makers = new std::map<std::string, Maker>{
      {"avg_pool", &Pool},
      {"bn_relu", &NormRectify},
      {"conv", &Conv},
      {"conv_bn", &ConvBatchNorm},
      {"depthwise_conv", &DepthwiseConv},
      {"dil_conv", &DilatedConv},
      {"factorized_reduce", &Reduce},
      {"global_avg_pool", &PixelMean},
      {"graph", &Graph},
      {"identity", &Identity},
      {"linear", &Linear},
      {"max_pool", &Pool},
      {"mb_block", &MobileBlock},
      {"relu_conv_bn", &ReluConvBatchNorm},
      {"resnet_block", &ResidualBlock},
      {"sep_conv", &SeparableConv},
      {"shuffle_block", &ShuffleBlock},
      {"shuffle_xception", &ShuffleXception},
  };
  return *makers;
}

// An edge of a candidate cell.
PlainValue CandidateEdge(const OperatorDef& op, const at::Tensor& x, const PlainSite& site) {
  const bool plain = op.kind == "identity" && op.Text("strided", "").empty();
  if (plain) return x.slice(2, 0, x.size(2), site.stride).slice(3, 0, x.size(3), site.stride);
  const PlainValue made = PlainOperator(op, x, site);
  return op.kind == "conv" || op.kind == "depthwise_conv" ? PlainActivation("relu6", *made) : made;
}

PlainValue Merged(const std::vector<at::Tensor>& values, space::Merge merge) {
  PlainValue merged;
  for (const at::Tensor& value : values) {
    if (!merged.has_value()) {
      merged = value;
    } else {
      merged = merge == space::Merge::kProduct ? *merged * value : *merged + value;
    }
  }
  return merged;
}

PlainValue CandidateGraph(const space::CellCandidate& cell, const at::Tensor& input, const PlainSite& site) {
  std::vector<PlainValue> nodes = {input};
  size_t merging = 0;
  for (uint32_t to = 1; to < cell.nodes; ++to) {
    std::vector<at::Tensor> values;
    size_t incoming = 0;
    for (const space::CandidateEdge& edge : cell.edges) {
      if (edge.to != to) continue;
      ++incoming;
      if (!nodes[edge.from].has_value()) continue;
      const PlainScope scope = site.scope.Below(std::to_string(to) + "<-" + std::to_string(edge.from));
      const PlainValue value =
          CandidateEdge(edge.op, *nodes[edge.from], {input.size(1), edge.from == 0 ? site.stride : 1, true, scope});
      if (value.has_value()) values.push_back(*value);
    }
    nodes.push_back(Merged(values, incoming > 1 ? cell.merges[merging++] : space::Merge::kSum));
  }
  return nodes.back();
}

}  // namespace

PlainValue PlainOperator(const OperatorDef& op, const at::Tensor& x, const PlainSite& site) {
  if (op.kind == "none") return std::nullopt;
  const auto maker = Makers().find(op.kind);
  TORCH_CHECK(maker != Makers().end(), "there is no plain operator ", op.kind);
  return maker->second(op, x, site);
}

at::Tensor PlainFactorizedReduce(const at::Tensor& x, const PlainSite& site) {
  const at::Tensor rectified = at::relu(x);
  const at::Tensor inner = rectified.slice(2, 1, x.size(2)).slice(3, 1, x.size(3));
  const at::Tensor shifted = at::constant_pad_nd(inner, {0, 1, 0, 1}, 0);
  const int64_t half = site.out / 2;
  const PlainWindow window = {1, site.stride};
  const at::Tensor first = site.scope.Convolve(rectified, "conv_1", half, window);
  const at::Tensor second = site.scope.Convolve(shifted, "conv_2", site.out - half, window);
  return site.scope.Normalise(at::cat({first, second}, 1), "bn");
}

at::Tensor PlainCandidateCell(const space::CellCandidate& cell, const at::Tensor& x, const PlainSite& site,
                              bool stand_alone) {
  const PlainScope adjusters = site.scope.Affine(true);
  at::Tensor input = x;
  if (cell.ratio > 1) {
    input = PlainActivation("relu6", ConvNorm(x, adjusters.Below("in"), "0", "1", x.size(1) * cell.ratio, {}));
  }
  const PlainSite inside = {input.size(1), site.stride, true, site.scope.Below("edges").Affine(stand_alone)};
  const PlainValue last = CandidateGraph(cell, input, inside);
  const at::Tensor made = last.has_value() ? ConvNorm(*last, adjusters.Below("out"), "0", "1", site.out, {})
                                           : PlainZeros(x, site.out, site.stride);
  return ShapeStays(x, site) ? made + x : made;
}

at::Tensor PlainZeros(const at::Tensor& like, int64_t channels, int64_t stride) {
  return at::zeros({like.size(0), channels, (like.size(2) - 1) / stride + 1, (like.size(3) - 1) / stride + 1},
                   like.options());
}

}  // namespace nasshrink::nn
