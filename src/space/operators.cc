#include "space/operators.h"

#include <algorithm>
#include <cmath>

#include "space/validate.h"

namespace nasshrink::space {
namespace {

constexpr size_t kMaxAttributes = 64;
constexpr size_t kMaxPrimitives = 256;
constexpr int64_t kMaxKernel = 15;

AttributeSchema Kernel() { return {"kernel", "side of the window", true, 1, kMaxKernel, true, {}}; }

AttributeSchema Count(std::string_view name, std::string_view help, int64_t min, int64_t max, bool required = false) {
  return {name, help, required, min, max, false, {}};
}

AttributeSchema Activation() {
  return {
      "activation", "what follows each batch norm", false, 0, 0, false, {"none", "relu", "relu6", "swish", "h_swish"}};
}

AttributeSchema BatchNorm() { return Count("batch_norm", "1 adds a batch norm without scale and shift", 0, 1); }
AttributeSchema Dilation() { return Count("dilation", "distance of the window's taps", 1, 8); }
AttributeSchema Groups() { return Count("groups", "convolution groups", 1, kMaxChannels); }
AttributeSchema Channels() { return Count("channels", "output channels; absent: as many as come in", 1, kMaxChannels); }

std::vector<OperatorKind> MakeKinds() {
  constexpr uint8_t kCandidate = kOnEdge | kAsLayer;
  const AttributeSchema strided = {"strided", "what stands in where the shape changes", false, 0, 0,
                                   false,     {"conv_bn", "factorized_reduce"}};
  return {
      {"add", "sum of its inputs", kInGraph, {}, 0},
      {"avg_pool",
       "average pooling, border left out of the count",
       kOnEdge | kAsFixed | kInGraph,
       {BatchNorm(), Kernel()}},
      {"batch_norm", "batch normalisation", kInGraph, {}},
      {"bn_relu", "batch norm, ReLU", kAsFixed, {}},
      {"concat", "its inputs beside one another along the channels", kInGraph, {}, 0},
      {"conv",
       "convolution; on an edge with batch norm",
       kOnEdge | kAsFixed | kInGraph,
       {Channels(), Dilation(), Groups(), Kernel()}},
      {"conv_bn", "convolution, batch norm, activation", kAsLayer | kAsFixed, {Activation(), Groups(), Kernel()}},
      {"depthwise_conv",
       "depthwise convolution; on an edge with batch norm",
       kOnEdge | kInGraph,
       {Dilation(), Kernel()}},
      {"dil_conv",
       "ReLU, dilated depthwise convolution, 1x1 convolution, batch norm (DARTS)",
       kOnEdge,
       {Dilation(), Kernel()}},
      {"factorized_reduce", "ReLU, two shifted 1x1 convolutions of stride 2, batch norm (DARTS)", kAsFixed, {}},
      {"global_avg_pool", "mean over all pixels", kAsFixed, {}},
      {"graph", "an operator put together from primitives", kCandidate | kAsFixed, {}},
      {"h_swish", "hard swish", kInGraph, {}},
      {"identity", "passes its input on", kCandidate | kInGraph, {strided}},
      {"linear", "the classifier", kAsFixed, {Count("bias", "0 leaves the bias out", 0, 1)}},
      {"max_pool", "maximum pooling", kOnEdge | kAsFixed | kInGraph, {BatchNorm(), Kernel()}},
      {"mb_block",
       "1x1 expansion, depthwise convolution, 1x1 projection (MobileNetV2)",
       kAsLayer | kAsFixed,
       {Activation(), Count("expansion", "width of the middle over the input", 1, 32, true), Kernel(),
        Count("squeeze_excite", "reduction of the squeeze-and-excite part; absent: none", 1, 64)}},
      {"multiply", "element-wise product of its inputs", kInGraph, {}, 0},
      {"none", "nothing: breaks every path through it", kCandidate, {}},
      {"relu", "ReLU", kInGraph, {}},
      {"relu6", "ReLU cut at 6", kInGraph, {}},
      {"relu_conv_bn", "ReLU, convolution, batch norm", kCandidate | kAsFixed, {Dilation(), Kernel()}},
      {"resnet_block", "residual block of stride 2 with average pooling in the shortcut (NAS-Bench-201)", kAsFixed, {}},
      {"sep_conv", "twice ReLU, depthwise convolution, 1x1 convolution, batch norm (DARTS)", kOnEdge, {Kernel()}},
      {"shuffle_block", "1x1, depthwise, 1x1 convolution on half of the channels (SPOS)", kAsLayer, {Kernel()}},
      {"shuffle_xception", "three separable convolutions on half of the channels (SPOS)", kAsLayer, {}},
      {"sigmoid", "logistic function", kInGraph, {}},
      {"swish", "swish", kInGraph, {}},
  };
}

std::string KindNames(Place place) {
  std::string names;
  for (const OperatorKind& kind : OperatorKinds()) {
    if ((kind.places & place) == 0) continue;
    if (!names.empty()) names += ", ";
    names += kind.name;
  }
  return names;
}

const char* PlaceName(Place place) {
  switch (place) {
    case kOnEdge:
      return "on an edge of a cell";
    case kAsLayer:
      return "as a layer's candidate";
    case kAsFixed:
      return "as a fixed layer";
    case kInGraph:
      return "inside an operator graph";
  }
  return "";
}

std::string AttributeNames(const OperatorKind& kind) {
  std::string names;
  for (const AttributeSchema& schema : kind.attributes) {
    if (!names.empty()) names += ", ";
    names += schema.name;
  }
  return names.empty() ? "none" : names;
}

base::Status CheckInteger(const AttributeSchema& schema, int64_t value, const std::string& field) {
  if (value >= schema.min && value <= schema.max && (!schema.odd || value % 2 != 0)) return {};
  return base::Invalid(field, value, fmt::format("{}{}..{}", schema.odd ? "odd, " : "", schema.min, schema.max),
                       fmt::format("'{}' is out of range", schema.name));
}

base::Status CheckWord(const AttributeSchema& schema, const std::string& value, const std::string& field) {
  if (std::find(schema.texts.begin(), schema.texts.end(), value) != schema.texts.end()) return {};
  return base::Invalid(field, value, fmt::format("{}", fmt::join(schema.texts, ", ")),
                       fmt::format("'{}' has no such value", schema.name));
}

base::Status CheckAttribute(const AttributeSchema& schema, const Attribute& attribute, const std::string& field) {
  const auto* real = std::get_if<double>(&attribute.value);
  if (real != nullptr && !std::isfinite(*real)) {
    return base::Invalid(field + ".real", *real, "a finite number", fmt::format("'{}' is not finite", schema.name));
  }
  const auto* integer = std::get_if<int64_t>(&attribute.value);
  if (integer != nullptr && schema.texts.empty()) return CheckInteger(schema, *integer, field + ".integer");
  const auto* text = std::get_if<std::string>(&attribute.value);
  if (text != nullptr) NASSHRINK_RETURN_IF_ERROR(CheckText(*text, field + ".text"));
  if (text != nullptr && !schema.texts.empty()) return CheckWord(schema, *text, field + ".text");
  constexpr const char* kTypes[] = {"integer", "real", "text"};
  return base::Invalid(field, kTypes[attribute.value.index()], schema.type(),
                       fmt::format("'{}' has another type", schema.name));
}

base::Status CheckAttributes(const OperatorKind& kind, const std::vector<Attribute>& attributes,
                             std::string_view field) {
  if (attributes.size() > kMaxAttributes) {
    return base::Invalid(fmt::format("{}.attributes", field), attributes.size(),
                         fmt::format("up to {}", kMaxAttributes), "too many attributes");
  }
  for (size_t i = 0; i < attributes.size(); ++i) {
    const std::string path = fmt::format("{}.attributes[{}]", field, i);
    NASSHRINK_RETURN_IF_ERROR(CheckText(attributes[i].name, path + ".name"));
    if (i > 0 && attributes[i].name <= attributes[i - 1].name) {
      return base::Invalid(path + ".name", attributes[i].name, fmt::format("a name after '{}'", attributes[i - 1].name),
                           "attributes ascend by name, each once");
    }
    const auto schema = std::find_if(kind.attributes.begin(), kind.attributes.end(),
                                     [&](const AttributeSchema& one) { return one.name == attributes[i].name; });
    if (schema == kind.attributes.end()) {
      return base::Invalid(path + ".name", attributes[i].name, AttributeNames(kind),
                           fmt::format("operator kind '{}' has no such attribute", kind.name));
    }
    NASSHRINK_RETURN_IF_ERROR(CheckAttribute(*schema, attributes[i], path));
  }
  for (const AttributeSchema& schema : kind.attributes) {
    const bool given = std::any_of(attributes.begin(), attributes.end(),
                                   [&](const Attribute& attribute) { return attribute.name == schema.name; });
    if (schema.required && !given) {
      return base::Invalid(fmt::format("{}.attributes", field), AttributeNames(kind), schema.name,
                           fmt::format("operator kind '{}' needs the attribute '{}'", kind.name, schema.name));
    }
  }
  return {};
}

base::Result<const OperatorKind*> KindAt(const std::string& name, Place place, std::string_view field) {
  const std::string path = fmt::format("{}.kind", field);
  NASSHRINK_RETURN_IF_ERROR(CheckText(name, path));
  const OperatorKind* kind = FindOperatorKind(name);
  if (kind == nullptr) return base::Invalid(path, name, KindNames(place), "names no operator kind");
  if ((kind->places & place) == 0) {
    return base::Invalid(path, name, KindNames(place), fmt::format("the operator cannot stand {}", PlaceName(place)));
  }
  return kind;
}

base::Status CheckPrimitive(const Primitive& primitive, size_t position, const std::string& field) {
  NASSHRINK_ASSIGN_OR_RETURN(const OperatorKind* kind, KindAt(primitive.kind, kInGraph, field));
  const bool fits = kind->arity == 0 ? primitive.inputs.size() >= 2 : primitive.inputs.size() == kind->arity;
  if (!fits || primitive.inputs.size() > kMaxPrimitives) {
    return base::Invalid(field + ".inputs", primitive.inputs.size(),
                         kind->arity == 0 ? "2 or more" : fmt::format("{}", kind->arity),
                         fmt::format("'{}' takes another number of inputs", kind->name));
  }
  for (size_t i = 0; i < primitive.inputs.size(); ++i) {
    if (primitive.inputs[i] <= position) continue;
    return base::Invalid(fmt::format("{}.inputs[{}]", field, i), primitive.inputs[i], fmt::format("0..{}", position),
                         "a primitive reads the operator's input or earlier primitives");
  }
  return CheckAttributes(*kind, primitive.attributes, field);
}

base::Status CheckGraph(const std::vector<Primitive>& graph, std::string_view field) {
  if (graph.empty() || graph.size() > kMaxPrimitives) {
    return base::Invalid(fmt::format("{}.graph", field), graph.size(), fmt::format("1..{}", kMaxPrimitives),
                         "the number of primitives is out of range");
  }
  for (size_t i = 0; i < graph.size(); ++i) {
    NASSHRINK_RETURN_IF_ERROR(CheckPrimitive(graph[i], i, fmt::format("{}.graph[{}]", field, i)));
  }
  return {};
}

}  // namespace

const std::vector<OperatorKind>& OperatorKinds() {
  static const auto* const kinds = new std::vector<OperatorKind>(MakeKinds());
  return *kinds;
}

const OperatorKind* FindOperatorKind(std::string_view name) {
  const auto& kinds = OperatorKinds();
  const auto found =
      std::lower_bound(kinds.begin(), kinds.end(), name,
                       [](const OperatorKind& kind, std::string_view wanted) { return kind.name < wanted; });
  return found != kinds.end() && found->name == name ? &*found : nullptr;
}

base::Status CheckOperator(const OperatorDef& op, Place place, std::string_view field) {
  NASSHRINK_ASSIGN_OR_RETURN(const OperatorKind* kind, KindAt(op.kind, place, field));
  NASSHRINK_RETURN_IF_ERROR(CheckAttributes(*kind, op.attributes, field));
  if (kind->name == "graph") return CheckGraph(op.graph, field);
  if (op.graph.empty()) return {};
  return base::Invalid(fmt::format("{}.graph", field), op.graph.size(), "none",
                       fmt::format("operator kind '{}' takes no graph", kind->name));
}

OperatorDef MakeOperator(std::string_view kind, std::vector<Attribute> attributes) {
  return {std::string(kind), std::move(attributes), {}};
}

}  // namespace nasshrink::space
