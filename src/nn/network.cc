#include "nn/network.h"

#include <algorithm>
#include <map>
#include <utility>

#include "nn/auxiliary_head.h"
#include "nn/named_builder.h"
#include "space/build_network.h"
#include "space/second_reduction.h"

namespace nasshrink::nn {
namespace {

using space::Scope;
using space::Tensor;

// Lays out the tensors of all candidates that are alive, on edges that may be kept. Random streams are counted over all
// candidates of the root space, so that shrinking does not shift them.
class LayoutBuilder final : public NamedBuilder {
 public:
  explicit LayoutBuilder(NetworkPlan* plan) : NamedBuilder(*plan), out_(*plan) {}

  // The part of the message that is being built.
  const std::string& field() const { return field_; }

  Tensor Convolve(std::string_view name, const Tensor& in, const space::Shape& out,
                  const space::Window& window) override;
  Tensor Normalise(std::string_view name, const Tensor& in, space::Affine affine) override;
  Tensor Activate(const Tensor& in, space::Function /*function*/) override { return in; }
  Tensor Pool(space::PoolKind /*kind*/, uint32_t /*kernel*/, const Tensor& /*in*/, const space::Shape& out) override {
    return {0, out};
  }
  Tensor Sum(const Tensor& a, const Tensor& /*b*/) override { return a; }
  Tensor Product(const Tensor& a, const Tensor& /*b*/) override { return a; }
  Tensor Concatenate(const std::vector<Tensor>& parts) override;
  Tensor TakeChannels(const Tensor& in, uint32_t /*first*/, uint32_t /*step*/, uint32_t count) override {
    return {0, {count, in.shape.height, in.shape.width}};
  }
  Tensor Shift(const Tensor& in) override { return in; }
  Tensor Subsample(const Tensor& /*in*/, const space::Shape& out) override { return {0, out}; }
  Tensor PixelMean(const Tensor& in) override { return {0, {in.shape.channels, 1, 1}}; }
  Tensor Linear(std::string_view name, const Tensor& in, const space::Shape& out, bool bias) override;
  Tensor Zeros(const space::Shape& shape) override { return {0, shape}; }
  Tensor CornerMeans(const Tensor& in, uint32_t /*side*/) override { return {0, {in.shape.channels, 2, 2}}; }

 protected:
  void Entered(const Scope& scope) override;
  void Left(const Scope& scope) override;

 private:
  // An alive choice of its node's inputs keeps the edge of the layer's cell.
  bool MayBeKept(uint32_t edge) const;
  void AddParameter(std::string_view module, const char* suffix, ParameterKind kind, std::vector<int64_t> shape);

  NetworkPlan& out_;
  std::string field_;
  uint64_t stream_ = 0;
  bool stored_ = true;
};

void LayoutBuilder::Entered(const Scope& scope) {
  NamedBuilder::Entered(scope);
  if (scope.kind == Scope::Kind::kLayer) {
    field_ = fmt::format("network.layers[{}]", scope.index);
  } else if (scope.kind == Scope::Kind::kCandidate || scope.kind == Scope::Kind::kEdge) {
    field_ = fmt::format("choices[{}].candidates[{}]", scope.choice, scope.candidate);
    const std::vector<uint32_t>& alive = plan().space.choices[scope.choice].alive;
    stored_ = std::binary_search(alive.begin(), alive.end(), scope.candidate) &&
              (scope.kind != Scope::Kind::kEdge || MayBeKept(scope.index));
  }
}

bool LayoutBuilder::MayBeKept(uint32_t edge) const {
  const space::Space& space = plan().space;
  const auto& body = std::get<space::LayerCell>(space.network.layers[layer()].body);
  const space::Cell& cell = space.network.cells[body.cell];
  for (const space::NodeInputs& inputs : cell.node_inputs) {
    if (inputs.node != cell.edges[edge].to) continue;
    const space::Choice& choice = space.choices[inputs.choice];
    return std::any_of(choice.alive.begin(), choice.alive.end(), [&](uint32_t candidate) {
      const auto& edges = std::get<space::EdgeSubset>(choice.candidates[candidate].body).edges;
      return std::binary_search(edges.begin(), edges.end(), edge);
    });
  }
  return true;
}

void LayoutBuilder::Left(const Scope& scope) {
  NamedBuilder::Left(scope);
  if (!owner().has_value()) stored_ = true;
}

void LayoutBuilder::AddParameter(std::string_view module, const char* suffix, ParameterKind kind,
                                 std::vector<int64_t> shape) {
  const uint64_t stream = stream_++;
  if (!stored_) return;
  Parameter parameter;
  parameter.name = NameOf(module) + suffix;
  parameter.child_name = ChildNameOf(module) + suffix;
  parameter.kind = kind;
  parameter.shape = std::move(shape);
  parameter.stream = stream;
  parameter.owner = owner();
  out_.parameters.emplace(parameter.name, static_cast<uint32_t>(out_.layout.parameters.size()));
  out_.layout.Add(std::move(parameter));
}

Tensor LayoutBuilder::Convolve(std::string_view name, const Tensor& in, const space::Shape& out,
                               const space::Window& window) {
  AddParameter(name, ".weight", ParameterKind::kConv,
               {out.channels, in.shape.channels / window.groups, window.kernel, window.kernel});
  if (window.bias) AddParameter(name, ".bias", ParameterKind::kBias, {out.channels});
  return {0, out};
}

Tensor LayoutBuilder::Normalise(std::string_view name, const Tensor& in, space::Affine affine) {
  const int64_t channels = in.shape.channels;
  if (affine == space::Affine::kAlways || (affine == space::Affine::kStandAlone && plan().stand_alone)) {
    AddParameter(name, ".weight", ParameterKind::kNormScale, {channels});
    AddParameter(name, ".bias", ParameterKind::kNormShift, {channels});
  }
  if (!stored_) return in;
  Statistics norm;
  norm.name = NameOf(name);
  norm.child_name = ChildNameOf(name);
  norm.channels = in.shape.channels;
  norm.owner = owner();
  out_.statistics.emplace(norm.name, static_cast<uint32_t>(out_.layout.statistics.size()));
  out_.layout.Add(std::move(norm));
  return in;
}

Tensor LayoutBuilder::Concatenate(const std::vector<Tensor>& parts) {
  Tensor joined = parts.front();
  for (size_t i = 1; i < parts.size(); ++i) joined.shape.channels += parts[i].shape.channels;
  return joined;
}

Tensor LayoutBuilder::Linear(std::string_view name, const Tensor& in, const space::Shape& out, bool bias) {
  AddParameter(name, ".weight", ParameterKind::kLinear, {out.channels, in.shape.channels});
  if (bias) AddParameter(name, ".bias", ParameterKind::kBias, {out.channels});
  return {0, out};
}

bool IsPartOfNasBench201(const space::OperatorDef& op, bool on_edge) {
  if (!on_edge) {
    return op.kind == "conv_bn" || op.kind == "resnet_block" || op.kind == "bn_relu" || op.kind == "global_avg_pool" ||
           op.kind == "linear";
  }
  return op.kind == "none" || op.kind == "identity" || (op.kind == "relu_conv_bn" && op.Integer("dilation", 1) == 1) ||
         (op.kind == "avg_pool" && op.Integer("kernel", 3) == 3);
}

bool IsNasBench201(const space::Space& space) {
  for (const space::Cell& cell : space.network.cells) {
    if (cell.inputs != 1 || !cell.node_inputs.empty() || !cell.preprocess.empty() || cell.outputs.size() != 1) {
      return false;
    }
    for (const space::CellEdge& edge : cell.edges) {
      for (const space::Candidate& candidate : space.choices[edge.choice].candidates) {
        if (!IsPartOfNasBench201(*candidate.op(), true)) return false;
      }
    }
  }
  for (const space::Layer& layer : space.network.layers) {
    if (std::holds_alternative<space::LayerChoice>(layer.body)) return false;
    const auto* op = std::get_if<space::OperatorDef>(&layer.body);
    if (op == nullptr ? layer.stride > 1 : !IsPartOfNasBench201(*op, false)) return false;
  }
  return true;
}

// What a name begins with in NAS-Bench-201's code; cells and residual blocks are counted together.
std::vector<std::string> PrefixesOfNasBench201(const space::Space& space) {
  std::vector<std::string> prefixes;
  std::map<std::string, int> seen;
  for (const space::Layer& layer : space.network.layers) {
    const auto* op = std::get_if<space::OperatorDef>(&layer.body);
    if (op == nullptr || op->kind == "resnet_block") {
      prefixes.push_back(fmt::format("cells.{}", seen["cells"]++));
      continue;
    }
    std::string name = op->kind == "conv_bn" ? "stem" : "lastact";
    if (op->kind == "linear") name = "classifier";
    const int before = seen[name]++;
    prefixes.push_back(before == 0 ? name : fmt::format("{}{}", name, before + 1));
  }
  return prefixes;
}

std::vector<std::string> PrefixesOf(const space::Space& space) {
  std::vector<std::string> prefixes;
  for (const space::Layer& layer : space.network.layers) {
    const auto* op = std::get_if<space::OperatorDef>(&layer.body);
    const bool classifier = op != nullptr && op->kind == "linear";
    prefixes.push_back(classifier ? "classifier" : fmt::format("layers.{}", prefixes.size()));
  }
  return prefixes;
}

base::Status CheckChoices(const space::Space& space, bool stand_alone) {
  if (!space.sharing_groups.empty()) {
    return base::Status(base::Code::kUnimplemented,
                        "the torch back end keeps one copy of weights per operator and takes no sharing groups");
  }
  for (size_t i = 0; i < space.choices.size(); ++i) {
    const space::Choice& choice = space.choices[i];
    if (choice.candidates.empty()) {
      return base::Invalid(fmt::format("choices[{}].grammar", i), choice.key, "a choice with listed candidates",
                           "an open cell grammar cannot be trained");
    }
    if (stand_alone && choice.alive.size() != 1) {
      return base::Invalid(fmt::format("choices[{}].alive", i), choice.alive.size(), "one alive candidate",
                           "a stand-alone child has nothing left to choose");
    }
  }
  return {};
}

base::Status CheckLayers(const space::Space& space, const std::vector<space::Shape>& shapes) {
  const std::vector<space::Layer>& layers = space.network.layers;
  for (size_t i = 0; i < layers.size(); ++i) {
    const auto* op = std::get_if<space::OperatorDef>(&layers[i].body);
    const bool linear = op != nullptr && op->kind == "linear";
    if (linear != (i + 1 == layers.size())) {
      return base::Invalid("network.layers", layers[i].key, "one linear layer, the last one",
                           linear ? "the classifier is not at the end" : "the network has no classifier at the end");
    }
    const bool pooled = op != nullptr && op->kind == "global_avg_pool";
    for (const auto& [in, out] :
         {std::pair(shapes[i].height, shapes[i + 1].height), std::pair(shapes[i].width, shapes[i + 1].width)}) {
      if (pooled || out <= 1 || space::StrideOf(in, out) == layers[i].stride) continue;
      return base::Status(base::Code::kUnimplemented, "the torch back end reads the stride off the sizes")
          .WithField(fmt::format("network.layers[{}].stride", i), fmt::format("{}", layers[i].stride),
                     fmt::format("{}, which makes the same size", space::StrideOf(in, out)));
    }
  }
  return {};
}

}  // namespace

base::Result<NetworkPlan> PlanNetwork(const space::Space& space, bool stand_alone, bool auxiliary_head) {
  NASSHRINK_RETURN_IF_ERROR(CheckChoices(space, stand_alone));
  NetworkPlan plan;
  plan.space = space;
  plan.stand_alone = stand_alone;
  plan.shapes = space::ShapesOf(space, space.network.input_height, space.network.input_width);
  NASSHRINK_RETURN_IF_ERROR(CheckLayers(space, plan.shapes));
  plan.named_as_nas_bench_201 = IsNasBench201(space);
  plan.prefixes = plan.named_as_nas_bench_201 ? PrefixesOfNasBench201(space) : PrefixesOf(space);
  space::Picks all;
  for (const space::Choice& choice : space.choices) {
    std::vector<uint32_t>& candidates = all.emplace_back();
    for (uint32_t c = 0; c < choice.candidates.size(); ++c) candidates.push_back(c);
  }
  LayoutBuilder builder(&plan);
  const auto made = space::BuildNetwork(plan.space, plan.shapes, {all}, {0, plan.shapes[0]}, &builder);
  if (!made.ok()) return base::Status(made.status()).Under(builder.field() + ".");
  if (!auxiliary_head) return plan;
  // Last, so that the weights of the network itself are those it has without.
  plan.auxiliary_layer = space::SecondReduction(space.network);
  if (!plan.auxiliary_layer.has_value()) {
    return base::Invalid("auxiliary_head", true, "false for a network without two reductions among its cells",
                         "stands behind the second reduction");
  }
  BuildAuxiliaryHead({0, plan.shapes[*plan.auxiliary_layer + 1]}, space.network.classes, &builder);
  return plan;
}

uint32_t CountCellLayers(const space::Space& space) {
  const auto& layers = space.network.layers;
  return static_cast<uint32_t>(std::count_if(layers.begin(), layers.end(), [](const space::Layer& layer) {
    return std::holds_alternative<space::LayerCell>(layer.body);
  }));
}

}  // namespace nasshrink::nn
