#include "space/build_graph.h"

#include <algorithm>

#include "space/build_operator.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

int64_t IntegerOf(const Primitive& primitive, std::string_view name, int64_t otherwise) {
  return OperatorDef{primitive.kind, primitive.attributes, {}}.Integer(name, otherwise);
}

// A value and whether the stride has been taken on the way to it.
struct Value {
  Tensor tensor;
  bool reduced = false;
};

class GraphWalk {
 public:
  GraphWalk(const Tensor& in, const Shape& out, NetworkBuilder* builder)
      : out_(out), strides_(!SameSize(in.shape, out)), builder_(builder) {
    values_.push_back({in, !strides_});
  }

  base::Status Add(const Primitive& primitive, const std::string& field);
  base::Result<Tensor> Finish(const std::string& field) const;

 private:
  base::Result<Value> Slide(const Primitive& primitive, const Value& in, const std::string& field);
  base::Result<Value> Join(const Primitive& primitive, const std::string& field);
  Shape After(const Value& in, uint32_t channels) const;

  const Shape out_;
  const bool strides_;
  NetworkBuilder* const builder_;
  std::vector<Value> values_;  // 0 the input, i what primitive i-1 makes
};

// A window takes the stride where it is still to be taken.
Shape GraphWalk::After(const Value& in, uint32_t channels) const {
  if (in.reduced) return {channels, in.tensor.shape.height, in.tensor.shape.width};
  return {channels, out_.height, out_.width};
}

base::Result<Value> GraphWalk::Slide(const Primitive& primitive, const Value& in, const std::string& field) {
  const uint32_t channels = in.tensor.shape.channels;
  const std::string name = fmt::format("{}", values_.size() - 1);
  const auto kernel = static_cast<uint32_t>(IntegerOf(primitive, "kernel", 1));
  if (primitive.kind == "avg_pool" || primitive.kind == "max_pool") {
    const PoolKind kind = primitive.kind == "max_pool" ? PoolKind::kMax : PoolKind::kAverage;
    Tensor pooled = builder_->Pool(kind, kernel, in.tensor, After(in, channels));
    if (IntegerOf(primitive, "batch_norm", 0) != 0) {
      pooled = builder_->Normalise(name + ".1", pooled, Affine::kNever);
    }
    return Value{pooled, true};
  }
  const bool depthwise = primitive.kind == "depthwise_conv";
  const auto made = static_cast<uint32_t>(IntegerOf(primitive, "channels", channels));
  const auto groups = depthwise ? channels : static_cast<uint32_t>(IntegerOf(primitive, "groups", 1));
  if (channels % groups != 0 || made % groups != 0) {
    return base::Invalid(field + ".attributes", groups, fmt::format("a divisor of {} and {}", channels, made),
                         "the channels do not divide into the groups");
  }
  const Window window = {kernel, groups, static_cast<uint32_t>(IntegerOf(primitive, "dilation", 1))};
  return Value{builder_->Convolve(name, in.tensor, After(in, made), window), true};
}

base::Result<Value> GraphWalk::Join(const Primitive& primitive, const std::string& field) {
  Value joined = values_[primitive.inputs[0]];
  std::vector<Tensor> tensors = {joined.tensor};
  uint64_t channels = joined.tensor.shape.channels;
  for (size_t i = 1; i < primitive.inputs.size(); ++i) {
    const Value& other = values_[primitive.inputs[i]];
    const bool concat = primitive.kind == "concat";
    if (other.reduced != joined.reduced || (!concat && other.tensor.shape.channels != joined.tensor.shape.channels)) {
      return base::Invalid(fmt::format("{}.inputs[{}]", field, i), primitive.inputs[i],
                           concat ? "inputs of one size" : "inputs of one shape",
                           fmt::format("'{}' joins values of different shapes", primitive.kind));
    }
    channels += other.tensor.shape.channels;
    tensors.push_back(other.tensor);
    if (primitive.kind == "add") joined.tensor = builder_->Sum(joined.tensor, other.tensor);
    if (primitive.kind == "multiply") joined.tensor = builder_->Product(joined.tensor, other.tensor);
  }
  if (primitive.kind != "concat") return joined;
  if (channels > kMaxChannels) {
    return base::Invalid(field, channels, fmt::format("up to {} channels", kMaxChannels),
                         "the concatenation has too many channels");
  }
  joined.tensor = builder_->Concatenate(tensors);
  return joined;
}

base::Status GraphWalk::Add(const Primitive& primitive, const std::string& field) {
  Value first = values_[primitive.inputs[0]];
  const std::string& kind = primitive.kind;
  if (kind == "conv" || kind == "depthwise_conv" || kind == "avg_pool" || kind == "max_pool") {
    NASSHRINK_ASSIGN_OR_RETURN(const Value value, Slide(primitive, first, field));
    values_.push_back(value);
    return {};
  }
  if (kind == "add" || kind == "multiply" || kind == "concat") {
    NASSHRINK_ASSIGN_OR_RETURN(const Value value, Join(primitive, field));
    values_.push_back(value);
    return {};
  }
  // What is left works element by element.
  const std::optional<Function> function = FunctionNamed(kind);
  if (function.has_value()) first.tensor = builder_->Activate(first.tensor, *function);
  if (kind == "batch_norm") {
    first.tensor = builder_->Normalise(fmt::format("{}", values_.size() - 1), first.tensor, Affine::kAlways);
  }
  values_.push_back(first);
  return {};
}

base::Result<Tensor> GraphWalk::Finish(const std::string& field) const {
  const Value& last = values_.back();
  if (!last.reduced) {
    return base::Invalid(field, "a path without one", "a convolution or pooling on every path",
                         "nothing in the graph takes the layer's stride");
  }
  if (last.tensor.shape.channels != out_.channels) {
    return base::Invalid(field, fmt::format("{} channels", last.tensor.shape.channels),
                         fmt::format("{}", out_.channels), "the graph does not make the channels that leave");
  }
  return last.tensor;
}

}  // namespace

base::Result<Tensor> BuildGraph(const std::vector<Primitive>& graph, const Tensor& in, const Shape& out,
                                NetworkBuilder* builder) {
  GraphWalk walk(in, out, builder);
  for (size_t i = 0; i < graph.size(); ++i) {
    NASSHRINK_RETURN_IF_ERROR(walk.Add(graph[i], fmt::format("graph[{}]", i)));
  }
  return walk.Finish(fmt::format("graph[{}]", graph.size() - 1));
}

}  // namespace nasshrink::space
