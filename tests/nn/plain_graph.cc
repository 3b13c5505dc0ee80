#include "nn/plain_graph.h"

#include <string>

namespace nasshrink::nn {
namespace {

// A value and the stride that is still to be taken behind it.
struct Value {
  at::Tensor tensor;
  int64_t stride = 1;
};

at::Tensor Window(const space::Primitive& primitive, const std::string& name, const Value& in,
                  const PlainScope& scope) {
  const space::OperatorDef op = {primitive.kind, primitive.attributes, {}};
  const int64_t channels = in.tensor.size(1);
  const int64_t kernel = op.Integer("kernel", 1);
  if (op.kind == "max_pool") return at::max_pool2d(in.tensor, kernel, in.stride, kernel / 2);
  if (op.kind == "avg_pool") return at::avg_pool2d(in.tensor, kernel, in.stride, kernel / 2, false, false);
  PlainWindow window = {kernel, in.stride, op.Integer("dilation", 1), op.Integer("groups", 1)};
  if (op.kind == "depthwise_conv") window.groups = channels;
  return scope.Convolve(in.tensor, name, op.Integer("channels", channels), window);
}

at::Tensor Joined(const std::string& kind, const std::vector<at::Tensor>& inputs) {
  if (kind == "concat") return at::cat(inputs, 1);
  at::Tensor joined = inputs[0];
  for (size_t i = 1; i < inputs.size(); ++i) joined = kind == "multiply" ? joined * inputs[i] : joined + inputs[i];
  return joined;
}

Value Made(const space::Primitive& primitive, const std::string& name, const std::vector<Value>& values,
           const PlainScope& scope) {
  const Value& first = values[primitive.inputs[0]];
  const std::string& kind = primitive.kind;
  if (kind == "conv" || kind == "depthwise_conv") return {Window(primitive, name, first, scope), 1};
  if (kind == "avg_pool" || kind == "max_pool") {
    const at::Tensor pooled = Window(primitive, name, first, scope);
    const bool norm = space::OperatorDef{kind, primitive.attributes, {}}.Integer("batch_norm", 0) != 0;
    return {norm ? scope.Affine(false).Normalise(pooled, name) : pooled, 1};
  }
  if (kind == "add" || kind == "multiply" || kind == "concat") {
    std::vector<at::Tensor> inputs;
    for (const uint32_t input : primitive.inputs) inputs.push_back(values[input].tensor);
    return {Joined(kind, inputs), first.stride};
  }
  if (kind == "batch_norm") return {scope.Normalise(first.tensor, name), first.stride};
  if (kind == "identity") return first;
  return {PlainActivation(kind, first.tensor), first.stride};
}

}  // namespace

at::Tensor PlainGraph(const std::vector<space::Primitive>& graph, const at::Tensor& x, int64_t stride,
                      const PlainScope& scope) {
  std::vector<Value> values = {{x, stride}};
  for (size_t p = 0; p < graph.size(); ++p) values.push_back(Made(graph[p], std::to_string(p), values, scope));
  return values.back().tensor;
}

}  // namespace nasshrink::nn
