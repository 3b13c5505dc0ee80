#include "nn/network.h"

#include <algorithm>
#include <map>
#include <utility>

namespace nasshrink::nn {
namespace {

class Planner {
 public:
  Planner(const space::Space& space, bool stand_alone) {
    plan_.space = space;
    plan_.stand_alone = stand_alone;
  }

  base::Result<NetworkPlan> Run();

 private:
  const space::Space& space() const { return plan_.space; }
  base::Status CheckChoices() const;
  base::Status AddLayer(size_t index);
  base::Status AddFixed(const space::Layer& layer, LayerKind kind, const std::string& field);
  base::Status AddCell(const space::Layer& layer, uint32_t cell, const std::string& field);
  base::Result<EdgeOperator> AddEdgeOperator(const space::CellEdge& edge, uint32_t edge_index, uint32_t candidate,
                                             const std::string& prefix, const std::string& field);
  base::Status AddConvNorm(const space::Layer& layer, const std::string& field);
  base::Status AddResidual(const space::Layer& layer, const std::string& field);
  base::Status AddClassifier(const std::string& field);
  void Push(std::string prefix, decltype(NetworkLayer::body) body);
  std::string Unique(const std::string& name);

  Convolution AddConvolution(const std::string& name, int in, int out, int kernel, int stride,
                             const std::optional<Owner>& owner = {});
  Norm AddNorm(const std::string& name, int channels, bool affine, const std::optional<Owner>& owner = {});
  // Streams are counted over all candidates of the root space, so that shrinking does not shift them.
  uint64_t NextStream() { return stream_++; }

  NetworkPlan plan_;
  std::map<std::string, int> names_;
  uint64_t stream_ = 0;
  uint32_t modules_ = 0;  // cells and residual blocks so far
  int channels_ = 0;
  int height_ = 0;
  int width_ = 0;
  bool rectified_ = false;  // the last layer was bn_relu
  bool pooled_ = false;
  bool classified_ = false;
};

Convolution Planner::AddConvolution(const std::string& name, int in, int out, int kernel, int stride,
                                    const std::optional<Owner>& owner) {
  Convolution convolution;
  convolution.weight =
      plan_.layout.Add(name + ".weight", ParameterKind::kConv, {out, in, kernel, kernel}, NextStream(), owner);
  convolution.in = in;
  convolution.out = out;
  convolution.kernel = kernel;
  convolution.stride = stride;
  return convolution;
}

Norm Planner::AddNorm(const std::string& name, int channels, bool affine, const std::optional<Owner>& owner) {
  Norm norm;
  norm.affine = affine;
  if (affine) {
    norm.scale = plan_.layout.Add(name + ".weight", ParameterKind::kNormScale, {channels}, NextStream(), owner);
    norm.shift = plan_.layout.Add(name + ".bias", ParameterKind::kNormShift, {channels}, NextStream(), owner);
  }
  norm.statistics = plan_.layout.AddStatistics(name, static_cast<size_t>(channels));
  return norm;
}

std::string Planner::Unique(const std::string& name) {
  const int seen = names_[name]++;
  return seen == 0 ? name : fmt::format("{}{}", name, seen + 1);
}

void Planner::Push(std::string prefix, decltype(NetworkLayer::body) body) {
  plan_.layers.push_back({std::move(prefix), channels_, height_, width_, std::move(body)});
}

base::Status Planner::CheckChoices() const {
  if (!space().sharing_groups.empty()) {
    return base::Status(base::Code::kUnimplemented,
                        "the torch back end keeps one copy of weights per operator and takes no sharing groups");
  }
  for (size_t i = 0; i < space().choices.size(); ++i) {
    const space::Choice& choice = space().choices[i];
    if (choice.candidates.empty()) {
      return base::Invalid(fmt::format("choices[{}].grammar", i), choice.key, "a choice with listed candidates",
                           "an open cell grammar cannot be trained");
    }
    if (plan_.stand_alone && choice.alive.size() != 1) {
      return base::Invalid(fmt::format("choices[{}].alive", i), choice.alive.size(), "one alive candidate",
                           "a stand-alone child has nothing left to choose");
    }
  }
  return {};
}

base::Result<EdgeOperator> Planner::AddEdgeOperator(const space::CellEdge& edge, uint32_t edge_index,
                                                    uint32_t candidate, const std::string& prefix,
                                                    const std::string& field) {
  const space::Choice& choice = space().choices[edge.choice];
  const space::OperatorDef* op = choice.candidates[candidate].op();
  if (op == nullptr) {
    return base::Status(base::Code::kUnimplemented, "the torch back end trains candidates that are operators")
        .WithField(field, choice.candidates[candidate].label, "an operator");
  }
  NASSHRINK_ASSIGN_OR_RETURN(const EdgeKind kind, EdgeKindOf(*op, field));
  EdgeOperator out;
  out.action = kind.action;
  out.stored = std::binary_search(choice.alive.begin(), choice.alive.end(), candidate);
  if (kind.action != EdgeAction::kConvolve) return out;
  if (!out.stored) {
    stream_ += plan_.stand_alone ? 3 : 1;
    return out;
  }
  const Owner owner{static_cast<uint32_t>(plan_.layers.size()), edge_index, edge.choice, candidate};
  const std::string name = fmt::format("{}.edges.{}.{}.op", prefix, EdgeName(edge), candidate);
  out.convolution = AddConvolution(name + ".1", channels_, channels_, kind.kernel, 1, owner);
  out.norm = AddNorm(name + ".2", channels_, plan_.stand_alone, owner);
  return out;
}

base::Status Planner::AddCell(const space::Layer& layer, uint32_t cell_index, const std::string& field) {
  const space::Cell& cell = space().network.cells[cell_index];
  if (cell.inputs != 1 || !cell.node_inputs.empty() || !cell.preprocess.empty() || cell.outputs.size() != 1 ||
      layer.stride > 1) {
    return base::Status(base::Code::kUnimplemented,
                        "the torch back end trains cells with one input, one output node and stride 1")
        .WithField(field + ".cell", cell.key, "such a cell");
  }
  if (layer.out_channels != 0 && static_cast<int>(layer.out_channels) != channels_) {
    return base::Invalid(field + ".out_channels", layer.out_channels, fmt::format("{}", channels_),
                         "a cell keeps the number of channels");
  }
  CellLayer body;
  body.cell = cell_index;
  body.ordinal = plan_.cell_layers++;
  const std::string prefix = fmt::format("cells.{}", modules_++);
  for (uint32_t e = 0; e < cell.edges.size(); ++e) {
    const uint32_t choice = cell.edges[e].choice;
    std::vector<EdgeOperator> operators;
    for (uint32_t c = 0; c < space().choices[choice].candidates.size(); ++c) {
      NASSHRINK_ASSIGN_OR_RETURN(
          EdgeOperator op,
          AddEdgeOperator(cell.edges[e], e, c, prefix, fmt::format("choices[{}].candidates[{}].op", choice, c)));
      operators.push_back(op);
    }
    body.edges.push_back(std::move(operators));
  }
  Push(prefix, std::move(body));
  return {};
}

base::Status Planner::AddConvNorm(const space::Layer& layer, const std::string& field) {
  const auto* op = std::get_if<space::OperatorDef>(&layer.body);
  const auto kernel = static_cast<int>(op->Integer("kernel", 3));
  if (kernel < 1 || kernel > 15 || kernel % 2 == 0) {
    return base::Invalid(field + ".kernel", kernel, "an odd number up to 15", "the kernel does not fit");
  }
  const int stride = std::max(1, static_cast<int>(layer.stride));
  const int out = layer.out_channels == 0 ? channels_ : static_cast<int>(layer.out_channels);
  const std::string prefix = Unique("stem");
  ConvNormLayer body;
  body.convolution = AddConvolution(prefix + ".0", channels_, out, kernel, stride);
  body.norm = AddNorm(prefix + ".1", out, true);
  channels_ = out;
  height_ = (height_ - 1) / stride + 1;
  width_ = (width_ - 1) / stride + 1;
  Push(prefix, body);
  return {};
}

base::Status Planner::AddResidual(const space::Layer& layer, const std::string& field) {
  if (layer.stride != 2) {
    return base::Invalid(field + ".stride", layer.stride, "2", "a residual block halves the picture");
  }
  if (height_ % 2 != 0 || width_ % 2 != 0) {
    return base::Invalid(field, fmt::format("{}x{}", height_, width_), "even sizes",
                         "the picture that reaches the residual block cannot be halved");
  }
  const int out = layer.out_channels == 0 ? channels_ : static_cast<int>(layer.out_channels);
  const std::string prefix = fmt::format("cells.{}", modules_++);
  ResidualLayer body;
  body.first = AddConvolution(prefix + ".conv_a.op.1", channels_, out, 3, 2);
  body.first_norm = AddNorm(prefix + ".conv_a.op.2", out, true);
  body.second = AddConvolution(prefix + ".conv_b.op.1", out, out, 3, 1);
  body.second_norm = AddNorm(prefix + ".conv_b.op.2", out, true);
  body.shortcut = AddConvolution(prefix + ".downsample.1", channels_, out, 1, 1);
  channels_ = out;
  height_ /= 2;
  width_ /= 2;
  Push(prefix, body);
  return {};
}

base::Status Planner::AddClassifier(const std::string& field) {
  if (!pooled_ || classified_) {
    return base::Invalid(field, "linear", "one linear layer after global_avg_pool", "the head is out of order");
  }
  ClassifyLayer body;
  body.in = channels_;
  body.classes = static_cast<int>(space().network.classes);
  body.weight =
      plan_.layout.Add("classifier.weight", ParameterKind::kLinear, {body.classes, body.in}, NextStream(), {});
  body.bias = plan_.layout.Add("classifier.bias", ParameterKind::kBias, {body.classes}, NextStream(), {});
  classified_ = true;
  Push("classifier", body);
  return {};
}

base::Status Planner::AddFixed(const space::Layer& layer, LayerKind kind, const std::string& field) {
  switch (kind) {
    case LayerKind::kConvNorm:
      return AddConvNorm(layer, field);
    case LayerKind::kResidual:
      return AddResidual(layer, field);
    case LayerKind::kNormRectify: {
      const std::string prefix = Unique("lastact");
      NormRectifyLayer body;
      body.norm = AddNorm(prefix + ".0", channels_, true);
      rectified_ = true;
      Push(prefix, body);
      return {};
    }
    case LayerKind::kPixelMean:
      rectified_ = false;
      pooled_ = true;
      Push("global_pooling", PixelMeanLayer{});
      return {};
    case LayerKind::kClassify:
      return AddClassifier(field);
  }
  return {};
}

base::Status Planner::AddLayer(size_t index) {
  const space::Layer& layer = space().network.layers[index];
  const std::string field = fmt::format("network.layers[{}]", index);
  const auto* op = std::get_if<space::OperatorDef>(&layer.body);
  const bool linear = op != nullptr && op->kind == "linear";
  if (pooled_ && !linear) {
    return base::Invalid(field, layer.key, "a linear layer", "only the classifier may follow global_avg_pool");
  }
  if (rectified_ && (op == nullptr || op->kind != "global_avg_pool")) {
    return base::Status(base::Code::kUnimplemented,
                        "the torch back end trains bn_relu right before global_avg_pool only")
        .WithField(field, layer.key, "global_avg_pool");
  }
  if (const auto* cell = std::get_if<space::LayerCell>(&layer.body)) return AddCell(layer, cell->cell, field);
  if (op == nullptr) {
    return base::Status(base::Code::kUnimplemented, "the torch back end trains cell spaces, not chains of choices")
        .WithField(field, layer.key, "a cell or a fixed operator");
  }
  NASSHRINK_ASSIGN_OR_RETURN(const LayerKind kind, LayerKindOf(*op, field + ".fixed"));
  return AddFixed(layer, kind, field);
}

base::Result<NetworkPlan> Planner::Run() {
  const space::Network& network = space().network;
  channels_ = static_cast<int>(network.input_channels);
  height_ = static_cast<int>(network.input_height);
  width_ = static_cast<int>(network.input_width);
  NASSHRINK_RETURN_IF_ERROR(CheckChoices());
  for (size_t i = 0; i < network.layers.size(); ++i) NASSHRINK_RETURN_IF_ERROR(AddLayer(i));
  if (!classified_) {
    return base::Invalid("network.layers", network.layers.size(), "global_avg_pool and linear at the end",
                         "the network has no classifier");
  }
  return std::move(plan_);
}

}  // namespace

std::string EdgeName(const space::CellEdge& edge) { return fmt::format("{}<-{}", edge.to, edge.from); }

base::Result<NetworkPlan> PlanNetwork(const space::Space& space, bool stand_alone) {
  return Planner(space, stand_alone).Run();
}

uint64_t StepFloats(const NetworkPlan& plan, uint32_t batch) {
  uint64_t floats = 0;
  uint64_t largest = 0;
  for (const NetworkLayer& layer : plan.layers) {
    if (std::holds_alternative<PixelMeanLayer>(layer.body) || std::holds_alternative<ClassifyLayer>(layer.body)) break;
    const uint64_t activation = static_cast<uint64_t>(layer.channels) * static_cast<uint64_t>(layer.height) *
                                static_cast<uint64_t>(layer.width) * batch;
    // Value, rectified value and gradient of every node, one convolution output an edge.
    uint64_t tensors = 5;
    if (const auto* cell = std::get_if<CellLayer>(&layer.body)) {
      tensors = uint64_t{3} * (plan.space.network.cells[cell->cell].nodes - 1) + cell->edges.size();
    } else if (std::holds_alternative<ResidualLayer>(layer.body)) {
      tensors = 12;
    }
    floats += tensors * activation;
    largest = std::max(largest, activation);
  }
  return floats + 8 * largest;
}

}  // namespace nasshrink::nn
