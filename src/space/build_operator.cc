#include "space/build_operator.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "space/build_graph.h"

namespace nasshrink::space {
namespace {

using Made = base::Result<Passed>;

uint32_t Kernel(const OperatorDef& op) { return static_cast<uint32_t>(op.Integer("kernel", 1)); }
uint32_t Dilation(const OperatorDef& op) { return static_cast<uint32_t>(op.Integer("dilation", 1)); }

Affine AffineOf(const NetworkBuilder& builder) { return builder.on_edge() ? Affine::kStandAlone : Affine::kAlways; }

Tensor Activated(std::string_view name, const Tensor& in, NetworkBuilder* builder) {
  const std::optional<Function> function = FunctionNamed(name);
  return function.has_value() ? builder->Activate(in, *function) : in;
}

Tensor Rectified(const Tensor& in, NetworkBuilder* builder) { return builder->Activate(in, Function::kRelu); }

base::Status DoesNotFit(const OperatorDef& op, const Shape& in, const Shape& out, std::string_view text) {
  const auto size = [](const Shape& shape) {
    return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
  };
  return base::Invalid("kind", op.kind, fmt::format("an operator that makes {} of {}", size(out), size(in)), text);
}

base::Status CheckGroups(const OperatorDef& op, const Shape& in, const Shape& out, uint32_t groups) {
  if (in.channels % groups == 0 && out.channels % groups == 0) return {};
  return base::Invalid("attributes", groups, fmt::format("a divisor of {} and {}", in.channels, out.channels),
                       fmt::format("the channels of '{}' do not divide into its groups", op.kind));
}

Made None(const OperatorDef& /*op*/, const Tensor& /*in*/, const Shape& /*out*/, NetworkBuilder* /*builder*/) {
  return Passed{};
}

Made Identity(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  if (SameShape(in.shape, out)) return Passed{in};
  const std::string strided = op.Text("strided", "");
  if (strided == "conv_bn") return Passed{BuildConvNorm("0", "1", in, out, {}, AffineOf(*builder), builder)};
  if (strided == "factorized_reduce") return Passed{BuildFactorizedReduce(in, out, builder)};
  return DoesNotFit(op, in.shape, out, "identity cannot change the shape");
}

base::Status CheckConv(const OperatorDef& op, const Shape& in, const Shape& out, uint32_t groups) {
  NASSHRINK_RETURN_IF_ERROR(CheckGroups(op, in, out, groups));
  const int64_t channels = op.Integer("channels", out.channels);
  if (channels == out.channels) return {};
  return base::Invalid("attributes", channels, fmt::format("{}", out.channels),
                       "the convolution's channels are not those that leave");
}

Made ConvNorm(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  const auto groups = static_cast<uint32_t>(op.Integer("groups", 1));
  NASSHRINK_RETURN_IF_ERROR(CheckConv(op, in.shape, out, groups));
  const Tensor made = BuildConvNorm("0", "1", in, out, {Kernel(op), groups}, AffineOf(*builder), builder);
  return Passed{Activated(op.Text("activation", "none"), made, builder)};
}

Made ReluConvNorm(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  return Passed{BuildConvNorm("op.1", "op.2", Rectified(in, builder), out, {Kernel(op), 1, Dilation(op)},
                              AffineOf(*builder), builder)};
}

// On an edge with batch norm, as a fixed layer without.
Made BareConv(const OperatorDef& op, const Tensor& in, const Shape& out, const Window& window,
              NetworkBuilder* builder) {
  NASSHRINK_RETURN_IF_ERROR(CheckConv(op, in.shape, out, window.groups));
  if (!builder->on_edge()) return Passed{builder->Convolve("0", in, out, window)};
  return Passed{BuildConvNorm("0", "1", in, out, window, Affine::kStandAlone, builder)};
}

Made Conv(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  const auto groups = static_cast<uint32_t>(op.Integer("groups", 1));
  return BareConv(op, in, out, {Kernel(op), groups, Dilation(op)}, builder);
}

Made DepthwiseConv(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  return BareConv(op, in, out, {Kernel(op), in.shape.channels, Dilation(op)}, builder);
}

// A batch norm here never has scale and shift: in DARTS it is there in the supernet alone.
Made Pool(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  if (in.shape.channels != out.channels) return DoesNotFit(op, in.shape, out, "pooling keeps the number of channels");
  const PoolKind kind = op.kind == "max_pool" ? PoolKind::kMax : PoolKind::kAverage;
  const Tensor pooled = builder->Pool(kind, Kernel(op), in, out);
  if (op.Integer("batch_norm", 0) == 0) return Passed{pooled};
  return Passed{builder->Normalise("1", pooled, Affine::kNever)};
}

Made NormRelu(const OperatorDef& /*op*/, const Tensor& in, const Shape& /*out*/, NetworkBuilder* builder) {
  return Passed{Rectified(builder->Normalise("0", in, Affine::kAlways), builder)};
}

Made GlobalPool(const OperatorDef& /*op*/, const Tensor& in, const Shape& /*out*/, NetworkBuilder* builder) {
  return Passed{builder->PixelMean(in)};
}

Made Reduce(const OperatorDef& /*op*/, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  return Passed{BuildFactorizedReduce(in, out, builder)};
}

Made Linear(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  return Passed{builder->Linear("", in, out, op.Integer("bias", 1) != 0)};
}

// Two 3x3 convolutions with batch norm; average pooling and a 1x1 convolution without one in the shortcut
// (NAS-Bench-201).
Made ResidualBlock(const OperatorDef& /*op*/, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  const auto half = [&](std::string_view part, const Tensor& from) {
    const InScope scope(builder, part);
    return BuildConvNorm("op.1", "op.2", Rectified(from, builder), out, {3}, Affine::kAlways, builder);
  };
  const Tensor middle = half("conv_a", in);
  const Tensor main = half("conv_b", middle);
  const Tensor pooled = builder->Pool(PoolKind::kAverage, 2, in, {in.shape.channels, out.height, out.width});
  return Passed{builder->Sum(main, builder->Convolve("downsample.1", pooled, out, {}))};
}

// Hu et al., CVPR 2018, with the widths of MobileNetV3's and Once-for-All's code: the hidden layer has the expanded
// channels over `reduction`, rounded to a multiple of 8 and never below nine tenths; both layers have a bias. The gate
// is hard where the block's activation is.
Tensor SqueezeExcite(uint64_t reduction, bool hard, const Tensor& in, NetworkBuilder* builder) {
  constexpr uint64_t kDivisor = 8;
  const uint64_t wanted = in.shape.channels / reduction;
  uint64_t hidden = std::max(kDivisor, (wanted + kDivisor / 2) / kDivisor * kDivisor);
  if (10 * hidden < 9 * wanted) hidden += kDivisor;
  Window window;
  window.bias = true;
  const InScope scope(builder, "squeeze");
  const Tensor mean = builder->PixelMean(in);
  const Tensor down = builder->Convolve("0", mean, {static_cast<uint32_t>(hidden), 1, 1}, window);
  const Tensor up = builder->Convolve("2", Rectified(down, builder), mean.shape, window);
  return builder->Product(in, builder->Activate(up, hard ? Function::kHardSigmoid : Function::kSigmoid));
}

// Sandler et al., MobileNetV2 (CVPR 2018): expansion (none at ratio 1), depthwise, projection; a residual where the
// shape stays. The projection has no activation.
Made MobileBlock(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  const std::string activation = op.Text("activation", "relu6");
  const auto expansion = static_cast<uint32_t>(op.Integer("expansion", 1));
  const auto part = [&](std::string_view name, const Tensor& from, const Shape& to, const Window& window) {
    const InScope scope(builder, name);
    return BuildConvNorm("0", "1", from, to, window, Affine::kAlways, builder);
  };
  Tensor middle = in;
  if (expansion > 1) {
    const Shape wide = {in.shape.channels * expansion, in.shape.height, in.shape.width};
    middle = Activated(activation, part("expand", in, wide, {}), builder);
  }
  const uint32_t channels = middle.shape.channels;
  middle = part("depthwise", middle, {channels, out.height, out.width}, {Kernel(op), channels});
  middle = Activated(activation, middle, builder);
  const int64_t reduction = op.Integer("squeeze_excite", 0);
  if (reduction > 0) {
    middle = SqueezeExcite(static_cast<uint64_t>(reduction), activation == "h_swish", middle, builder);
  }
  const Tensor projected = part("project", middle, out, {});
  return Passed{SameShape(in.shape, out) ? builder->Sum(projected, in) : projected};
}

// ReLU, depthwise, 1x1, batch norm: once (dil_conv) or twice (sep_conv, the stride in the first) in DARTS.
struct PairNames {
  std::string_view depthwise, pointwise, norm;
};

Tensor RectifiedPair(const PairNames& names, const Window& window, const Tensor& in, const Shape& out,
                     NetworkBuilder* builder) {
  const Shape filtered = {in.shape.channels, out.height, out.width};
  const Tensor middle = builder->Convolve(names.depthwise, Rectified(in, builder), filtered, window);
  return BuildConvNorm(names.pointwise, names.norm, middle, out, {}, AffineOf(*builder), builder);
}

Made SeparableConv(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  const Window window = {Kernel(op), in.shape.channels};
  const Shape middle = {in.shape.channels, out.height, out.width};
  const Tensor first = RectifiedPair({"op.1", "op.2", "op.3"}, window, in, middle, builder);
  return Passed{RectifiedPair({"op.5", "op.6", "op.7"}, window, first, out, builder)};
}

Made DilatedConv(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  const Window window = {Kernel(op), in.shape.channels, Dilation(op)};
  return Passed{RectifiedPair({"op.1", "op.2", "op.3"}, window, in, out, builder)};
}

// The blocks of SPOS's published code. Where the shape stays, the even channels pass and the main branch reads the odd
// ones (its channel shuffle stands at the start of the block); else a depthwise and a 1x1 convolution carry the input
// over beside the main branch, which makes the channels that are missing then. Nothing is shuffled at the end. ReLU
// follows the batch norms of 1x1 convolutions alone.
struct ShuffleHalves {
  Tensor main;    // what the main branch reads
  Tensor beside;  // what its result is put behind
  Shape made;     // the main branch's result
};

Tensor ShuffleDepthwise(std::string_view name, std::string_view norm, uint32_t kernel, const Tensor& in,
                        const Shape& out, NetworkBuilder* builder) {
  return BuildConvNorm(name, norm, in, out, {kernel, in.shape.channels}, Affine::kStandAlone, builder);
}

Tensor ShufflePointwise(std::string_view name, std::string_view norm, const Tensor& in, const Shape& out,
                        NetworkBuilder* builder) {
  return Rectified(BuildConvNorm(name, norm, in, out, {}, Affine::kStandAlone, builder), builder);
}

base::Result<ShuffleHalves> HalvesOf(const OperatorDef& op, uint32_t kernel, const Tensor& in, const Shape& out,
                                     NetworkBuilder* builder) {
  if (SameShape(in.shape, out)) {
    if (out.channels % 2 != 0) return DoesNotFit(op, in.shape, out, "the block halves the channels");
    const uint32_t half = out.channels / 2;
    const Tensor odd = builder->TakeChannels(in, 1, 2, half);
    return ShuffleHalves{odd, builder->TakeChannels(in, 0, 2, half), odd.shape};
  }
  if (out.channels <= in.shape.channels) {
    return DoesNotFit(op, in.shape, out, "a block that changes the shape makes more channels than come in");
  }
  const InScope scope(builder, "branch_proj");
  const Shape carried = {in.shape.channels, out.height, out.width};
  const Tensor filtered = ShuffleDepthwise("0", "1", kernel, in, carried, builder);
  return ShuffleHalves{in,
                       ShufflePointwise("2", "3", filtered, carried, builder),
                       {out.channels - in.shape.channels, out.height, out.width}};
}

Made ShuffleBlock(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  NASSHRINK_ASSIGN_OR_RETURN(const ShuffleHalves halves, HalvesOf(op, Kernel(op), in, out, builder));
  const InScope scope(builder, "branch_main");
  const uint32_t middle = out.channels / 2;
  Tensor tensor = ShufflePointwise("0", "1", halves.main, {middle, in.shape.height, in.shape.width}, builder);
  tensor = ShuffleDepthwise("3", "4", Kernel(op), tensor, {middle, out.height, out.width}, builder);
  tensor = ShufflePointwise("5", "6", tensor, halves.made, builder);
  return Passed{builder->Concatenate({halves.beside, tensor})};
}

Made ShuffleXception(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  NASSHRINK_ASSIGN_OR_RETURN(const ShuffleHalves halves, HalvesOf(op, 3, in, out, builder));
  const InScope scope(builder, "branch_main");
  const Shape middle = {out.channels / 2, out.height, out.width};
  const Shape first = {halves.main.shape.channels, out.height, out.width};
  Tensor tensor = ShuffleDepthwise("0", "1", 3, halves.main, first, builder);
  tensor = ShufflePointwise("2", "3", tensor, middle, builder);
  tensor = ShuffleDepthwise("5", "6", 3, tensor, middle, builder);
  tensor = ShufflePointwise("7", "8", tensor, middle, builder);
  tensor = ShuffleDepthwise("10", "11", 3, tensor, middle, builder);
  tensor = ShufflePointwise("12", "13", tensor, halves.made, builder);
  return Passed{builder->Concatenate({halves.beside, tensor})};
}

Made Graph(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  NASSHRINK_ASSIGN_OR_RETURN(const Tensor made, BuildGraph(op.graph, in, out, builder));
  return Passed{made};
}

struct Maker {
  std::string_view kind;
  Made (*make)(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder);
};

constexpr Maker kMakers[] = {
    {"mb_block", &MobileBlock},
    {"identity", &Identity},
    {"none", &None},
    {"relu_conv_bn", &ReluConvNorm},
    {"conv_bn", &ConvNorm},
    {"avg_pool", &Pool},
    {"max_pool", &Pool},
    {"sep_conv", &SeparableConv},
    {"dil_conv", &DilatedConv},
    {"shuffle_block", &ShuffleBlock},
    {"shuffle_xception", &ShuffleXception},
    {"conv", &Conv},
    {"depthwise_conv", &DepthwiseConv},
    {"graph", &Graph},
    {"resnet_block", &ResidualBlock},
    {"factorized_reduce", &Reduce},
    {"bn_relu", &NormRelu},
    {"global_avg_pool", &GlobalPool},
    {"linear", &Linear},
};

}  // namespace

Tensor BuildConvNorm(std::string_view name, std::string_view norm, const Tensor& in, const Shape& out,
                     const Window& window, Affine affine, NetworkBuilder* builder) {
  return builder->Normalise(norm, builder->Convolve(name, in, out, window), affine);
}

Tensor BuildFactorizedReduce(const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  const Shape half = {out.channels / 2, out.height, out.width};
  const Shape rest = {out.channels - half.channels, out.height, out.width};
  const Tensor rectified = Rectified(in, builder);
  const Tensor first = builder->Convolve("conv_1", rectified, half, {});
  const Tensor second = builder->Convolve("conv_2", builder->Shift(rectified), rest, {});
  return builder->Normalise("bn", builder->Concatenate({first, second}), AffineOf(*builder));
}

std::optional<Function> FunctionNamed(std::string_view name) {
  if (name == "relu") return Function::kRelu;
  if (name == "relu6") return Function::kRelu6;
  if (name == "swish") return Function::kSwish;
  if (name == "h_swish") return Function::kHardSwish;
  if (name == "sigmoid") return Function::kSigmoid;
  return std::nullopt;
}

base::Result<Passed> BuildOperator(const OperatorDef& op, const Tensor& in, const Shape& out, NetworkBuilder* builder) {
  const auto* const maker =
      std::find_if(std::begin(kMakers), std::end(kMakers), [&](const Maker& one) { return one.kind == op.kind; });
  if (maker != std::end(kMakers)) return maker->make(op, in, out, builder);
  return base::Status(base::Code::kUnimplemented, "nothing says what this operator computes")
      .WithField("kind", op.kind, "an operator of the registry");
}

}  // namespace nasshrink::space
