#include "space/operator_steps.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "space/graph_steps.h"

namespace nasshrink::space {
namespace {

using Made = base::Result<Passed>;

uint32_t Kernel(const OperatorDef& op) { return static_cast<uint32_t>(op.Integer("kernel", 1)); }

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

Made None(const OperatorDef& /*op*/, const Tensor& /*in*/, const Shape& /*out*/, Steps* /*steps*/) { return Passed{}; }

Made Identity(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps) {
  if (SameShape(in.shape, out)) return Passed{in};
  const std::string strided = op.Text("strided", "");
  if (strided == "conv_bn") return Passed{AddConvNorm(1, 1, in, out, steps)};
  if (strided == "factorized_reduce") return Passed{AddFactorizedReduce(in, out, steps)};
  return DoesNotFit(op, in.shape, out, "identity cannot change the shape");
}

Made ConvNorm(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps) {
  const auto groups = static_cast<uint32_t>(op.Integer("groups", 1));
  NASSHRINK_RETURN_IF_ERROR(CheckGroups(op, in.shape, out, groups));
  const int64_t channels = op.Integer("channels", out.channels);
  if (channels != out.channels) {
    return base::Invalid("attributes", channels, fmt::format("{}", out.channels),
                         "the convolution's channels are not those that leave");
  }
  return Passed{AddConvNorm(Kernel(op), groups, in, out, steps)};
}

Made DepthwiseNorm(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps) {
  NASSHRINK_RETURN_IF_ERROR(CheckGroups(op, in.shape, out, in.shape.channels));
  return Passed{AddConvNorm(Kernel(op), in.shape.channels, in, out, steps)};
}

// A batch norm here has no scale and shift: in DARTS it is there in the supernet alone.
Made Pool(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps) {
  if (in.shape.channels != out.channels) return DoesNotFit(op, in.shape, out, "pooling keeps the number of channels");
  return Passed{steps->Compute({in}, out)};
}

Made Activation(const OperatorDef& /*op*/, const Tensor& in, const Shape& /*out*/, Steps* steps) {
  steps->Norm(in);
  return Passed{in};
}

Made GlobalPool(const OperatorDef& /*op*/, const Tensor& in, const Shape& out, Steps* steps) {
  return Passed{steps->Compute({in}, out)};
}

Made Reduce(const OperatorDef& /*op*/, const Tensor& in, const Shape& out, Steps* steps) {
  return Passed{AddFactorizedReduce(in, out, steps)};
}

Made Linear(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps) {
  const uint64_t weights = Saturated(in.shape.channels, out.channels);
  const uint64_t bias = op.Integer("bias", 1) != 0 ? out.channels : 0;
  const uint64_t macs = steps->counting() == Counting::kThop ? 2 * weights - out.channels : weights;
  return Passed{steps->Compute({in}, out, {macs, weights + bias})};
}

// Two 3x3 convolutions with batch norm; average pooling and a 1x1 convolution without one in the shortcut
// (NAS-Bench-201).
Made ResidualBlock(const OperatorDef& /*op*/, const Tensor& in, const Shape& out, Steps* steps) {
  const Tensor middle = AddConvNorm(3, 1, in, out, steps);
  const Tensor main = AddConvNorm(3, 1, middle, out, steps);
  const Tensor pooled = steps->Compute({in}, {in.shape.channels, out.height, out.width});
  return Passed{steps->Merge(main, AddConv(1, 1, pooled, out, steps))};
}

// Hu et al., CVPR 2018, with the widths of MobileNetV3's and Once-for-All's code: the hidden layer has the expanded
// channels over `reduction`, rounded to a multiple of 8 and never below nine tenths; both layers have a bias.
Tensor SqueezeExcite(uint64_t reduction, const Tensor& in, Steps* steps) {
  constexpr uint64_t kDivisor = 8;
  const uint64_t channels = in.shape.channels;
  const uint64_t wanted = channels / reduction;
  uint64_t hidden = std::max(kDivisor, (wanted + kDivisor / 2) / kDivisor * kDivisor);
  if (10 * hidden < 9 * wanted) hidden += kDivisor;
  const Shape squeezed = {in.shape.channels, 1, 1};
  const uint64_t weights = Saturated(channels, hidden);
  const Tensor pooled = steps->Compute({in}, squeezed);
  const Tensor down = steps->Compute({pooled}, {static_cast<uint32_t>(hidden), 1, 1}, {weights, weights + hidden});
  return steps->Merge(in, steps->Compute({down}, squeezed, {weights, weights + channels}));
}

// Sandler et al., MobileNetV2 (CVPR 2018): expansion (none at ratio 1), depthwise, projection; a residual where the
// shape stays.
Made MobileBlock(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps) {
  const auto expansion = static_cast<uint32_t>(op.Integer("expansion", 1));
  Tensor middle = in;
  if (expansion > 1) {
    middle = AddConvNorm(1, 1, in, {in.shape.channels * expansion, in.shape.height, in.shape.width}, steps);
  }
  const uint32_t channels = middle.shape.channels;
  middle = AddConvNorm(Kernel(op), channels, middle, {channels, out.height, out.width}, steps);
  const int64_t reduction = op.Integer("squeeze_excite", 0);
  if (reduction > 0) middle = SqueezeExcite(static_cast<uint64_t>(reduction), middle, steps);
  const Tensor projected = AddConvNorm(1, 1, middle, out, steps);
  return Passed{SameShape(in.shape, out) ? steps->Merge(projected, in) : projected};
}

// Twice ReLU, depthwise, 1x1, batch norm; the stride is in the first depthwise convolution (DARTS).
Made SeparableConv(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps) {
  const uint32_t channels = in.shape.channels;
  const Shape middle = {channels, out.height, out.width};
  const Tensor first = AddConvNorm(1, 1, AddConv(Kernel(op), channels, in, middle, steps), middle, steps);
  return Passed{AddConvNorm(1, 1, AddConv(Kernel(op), channels, first, middle, steps), out, steps)};
}

Made DilatedConv(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps) {
  const uint32_t channels = in.shape.channels;
  const Tensor filtered = AddConv(Kernel(op), channels, in, {channels, out.height, out.width}, steps);
  return Passed{AddConvNorm(1, 1, filtered, out, steps)};
}

// The blocks of SPOS's published code. Where the shape stays, half of the channels pass; else a depthwise and a 1x1
// convolution carry the input over beside the main branch, which makes the channels that are missing then.
struct ShuffleHalves {
  Tensor main;    // what the main branch reads
  Tensor beside;  // what its result is put beside
  Shape made;     // the main branch's result
};

base::Result<ShuffleHalves> HalvesOf(const OperatorDef& op, uint32_t kernel, const Tensor& in, const Shape& out,
                                     Steps* steps) {
  if (SameShape(in.shape, out)) {
    if (out.channels % 2 != 0) return DoesNotFit(op, in.shape, out, "the block halves the channels");
    Tensor half = in;
    half.shape.channels /= 2;
    return ShuffleHalves{half, half, half.shape};
  }
  if (out.channels <= in.shape.channels) {
    return DoesNotFit(op, in.shape, out, "a block that changes the shape makes more channels than come in");
  }
  const Shape carried = {in.shape.channels, out.height, out.width};
  const Tensor filtered = AddConvNorm(kernel, in.shape.channels, in, carried, steps);
  return ShuffleHalves{
      in, AddConvNorm(1, 1, filtered, carried, steps), {out.channels - in.shape.channels, out.height, out.width}};
}

Made ShuffleBlock(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps) {
  NASSHRINK_ASSIGN_OR_RETURN(const ShuffleHalves halves, HalvesOf(op, Kernel(op), in, out, steps));
  const uint32_t middle = out.channels / 2;
  Tensor tensor = AddConvNorm(1, 1, halves.main, {middle, in.shape.height, in.shape.width}, steps);
  tensor = AddConvNorm(Kernel(op), middle, tensor, {middle, out.height, out.width}, steps);
  tensor = AddConvNorm(1, 1, tensor, halves.made, steps);
  return Passed{steps->Compute({halves.beside, tensor}, out)};
}

Made ShuffleXception(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps) {
  NASSHRINK_ASSIGN_OR_RETURN(const ShuffleHalves halves, HalvesOf(op, 3, in, out, steps));
  const Shape middle = {out.channels / 2, out.height, out.width};
  const Shape first = {halves.main.shape.channels, out.height, out.width};
  Tensor tensor = AddConvNorm(3, first.channels, halves.main, first, steps);
  tensor = AddConvNorm(1, 1, tensor, middle, steps);
  tensor = AddConvNorm(1, 1, AddConvNorm(3, middle.channels, tensor, middle, steps), middle, steps);
  tensor = AddConvNorm(1, 1, AddConvNorm(3, middle.channels, tensor, middle, steps), halves.made, steps);
  return Passed{steps->Compute({halves.beside, tensor}, out)};
}

Made Graph(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps) {
  NASSHRINK_ASSIGN_OR_RETURN(const Tensor made, AddGraph(op.graph, in, out, steps));
  return Passed{made};
}

struct Maker {
  std::string_view kind;
  Made (*make)(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps);
};

constexpr Maker kMakers[] = {
    {"mb_block", &MobileBlock},
    {"identity", &Identity},
    {"none", &None},
    {"relu_conv_bn", &ConvNorm},
    {"conv_bn", &ConvNorm},
    {"avg_pool", &Pool},
    {"max_pool", &Pool},
    {"sep_conv", &SeparableConv},
    {"dil_conv", &DilatedConv},
    {"shuffle_block", &ShuffleBlock},
    {"shuffle_xception", &ShuffleXception},
    {"conv", &ConvNorm},
    {"depthwise_conv", &DepthwiseNorm},
    {"graph", &Graph},
    {"resnet_block", &ResidualBlock},
    {"factorized_reduce", &Reduce},
    {"bn_relu", &Activation},
    {"global_avg_pool", &GlobalPool},
    {"linear", &Linear},
};

}  // namespace

Tensor AddConv(uint32_t kernel, uint32_t groups, const Tensor& in, const Shape& out, Steps* steps) {
  const uint64_t weights = Saturated(kernel, kernel, in.shape.channels / groups, out.channels);
  return steps->Compute({in}, out, {Saturated(weights, Pixels(out)), weights});
}

Tensor AddConvNorm(uint32_t kernel, uint32_t groups, const Tensor& in, const Shape& out, Steps* steps) {
  const Tensor tensor = AddConv(kernel, groups, in, out, steps);
  steps->Norm(tensor);
  return tensor;
}

Tensor AddFactorizedReduce(const Tensor& in, const Shape& out, Steps* steps) {
  const Shape half = {out.channels / 2, out.height, out.width};
  const Shape rest = {out.channels - half.channels, out.height, out.width};
  const Tensor first = AddConv(1, 1, in, half, steps);
  const Tensor joined = steps->Compute({first, AddConv(1, 1, in, rest, steps)}, out);
  steps->Norm(joined);
  return joined;
}

base::Result<Passed> AddOperator(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps) {
  const auto* const maker =
      std::find_if(std::begin(kMakers), std::end(kMakers), [&](const Maker& one) { return one.kind == op.kind; });
  if (maker != std::end(kMakers)) return maker->make(op, in, out, steps);
  return base::Status(base::Code::kUnimplemented, "there is no cost formula for this operator")
      .WithField("kind", op.kind, "an operator that has one");
}

}  // namespace nasshrink::space
