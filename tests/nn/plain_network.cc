#include "nn/plain_network.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace nasshrink::nn {
namespace {

using space::OperatorDef;

bool HasKind(const OperatorDef& op, const std::set<std::string>& kinds) { return kinds.count(op.kind) > 0; }

bool IsBench201Candidate(const space::Candidate& candidate) {
  const OperatorDef* op = candidate.op();
  if (op == nullptr || !HasKind(*op, {"none", "identity", "relu_conv_bn", "avg_pool"})) return false;
  return op->Integer("dilation", 1) == 1 && (op->kind != "avg_pool" || op->Integer("kernel", 1) == 3);
}

bool IsBench201Cell(const space::Space& space, const space::Cell& cell) {
  if (cell.inputs != 1 || cell.outputs.size() != 1 || !cell.node_inputs.empty() || !cell.preprocess.empty()) {
    return false;
  }
  for (const space::CellEdge& edge : cell.edges) {
    const auto& candidates = space.choices[edge.choice].candidates;
    if (!std::all_of(candidates.begin(), candidates.end(), &IsBench201Candidate)) return false;
  }
  return true;
}

bool IsBench201Type(const space::Space& space) {
  for (const space::Layer& layer : space.network.layers) {
    if (std::holds_alternative<space::LayerChoice>(layer.body)) return false;
    if (const auto* body = std::get_if<space::LayerCell>(&layer.body)) {
      if (layer.stride != 1 || !IsBench201Cell(space, space.network.cells[body->cell])) return false;
    } else if (!HasKind(std::get<OperatorDef>(layer.body),
                        {"conv_bn", "resnet_block", "bn_relu", "global_avg_pool", "linear"})) {
      return false;
    }
  }
  return true;
}

std::string Bench201Name(const space::Layer& layer, std::map<std::string, int>* seen) {
  const auto* op = std::get_if<OperatorDef>(&layer.body);
  if (op == nullptr || op->kind == "resnet_block") return "cells." + std::to_string((*seen)["cells"]++);
  const std::string name = op->kind == "conv_bn" ? "stem" : op->kind == "bn_relu" ? "lastact" : op->kind;
  const int count = ++(*seen)[name];
  return count == 1 ? name : name + std::to_string(count);
}

// Edges that their node keeps by any part of the choice of its inputs.
std::vector<bool> Kept(const space::Space& space, const space::Cell& cell, const PlainMixture& mixture) {
  std::vector<bool> kept(cell.edges.size(), true);
  for (const space::NodeInputs& inputs : cell.node_inputs) {
    std::set<uint32_t> edges;
    for (const PlainPart& part : mixture[inputs.choice]) {
      const auto& candidates = space.choices[inputs.choice].candidates;
      const auto& subset = std::get<space::EdgeSubset>(candidates[part.candidate].body).edges;
      edges.insert(subset.begin(), subset.end());
    }
    for (uint32_t e = 0; e < cell.edges.size(); ++e) {
      if (cell.edges[e].to == inputs.node) kept[e] = edges.count(e) > 0;
    }
  }
  return kept;
}

void Accumulate(PlainValue* sum, const PlainValue& value) {
  if (value.has_value()) *sum = sum->has_value() ? **sum + *value : *value;
}

PlainValue Gated(const PlainPart& part, const PlainValue& value) {
  if (!value.has_value() || !part.gate.defined()) return value;
  return part.gate * (part.flows ? *value : value->detach());
}

// The parts of an edge's choice together.
PlainValue Edge(const std::vector<PlainPart>& parts, const space::Choice& choice, const at::Tensor& x,
                const PlainSite& site) {
  PlainValue sum;
  for (const PlainPart& part : parts) {
    PlainSite own = site;
    own.scope = site.scope.Below(std::to_string(part.candidate));
    Accumulate(&sum, Gated(part, PlainOperator(*choice.candidates[part.candidate].op(), x, own)));
  }
  return sum;
}

// DARTS: every input gets the channels of a node and the size of the newest.
at::Tensor Preprocessed(const space::Cell& cell, size_t index, const at::Tensor& input, const at::Tensor& newest,
                        int64_t channels, const PlainScope& cell_scope) {
  if (cell.preprocess.empty()) return input;
  const PlainScope scope = cell_scope.Below("preprocess" + std::to_string(index));
  if (input.size(2) == newest.size(2) && input.size(3) == newest.size(3)) {
    const PlainValue made = PlainOperator(cell.preprocess.front(), input, {channels, 1, false, scope});
    return made.has_value() ? *made : PlainZeros(input, channels, 1);
  }
  return PlainFactorizedReduce(input, {channels, 2, false, scope});
}

}  // namespace

PlainMixture OneOfEach(const space::Architecture& architecture) {
  PlainMixture mixture;
  for (const uint32_t candidate : architecture) mixture.push_back({{candidate, {}, true}});
  return mixture;
}

std::vector<std::string> PlainLayerNames(const space::Space& space) {
  const bool bench201 = IsBench201Type(space);
  std::map<std::string, int> seen;
  std::vector<std::string> names;
  for (size_t i = 0; i < space.network.layers.size(); ++i) {
    const space::Layer& layer = space.network.layers[i];
    const auto* op = std::get_if<OperatorDef>(&layer.body);
    if (op != nullptr && op->kind == "linear") {
      names.emplace_back("classifier");
    } else {
      names.push_back(bench201 ? Bench201Name(layer, &seen) : "layers." + std::to_string(i));
    }
  }
  return names;
}

struct PlainNetwork::Child {
  const std::vector<PlainMixture>& cells;
  PlainScope scope;

  const PlainMixture& At(size_t cell_layer) const { return cells.size() == 1 ? cells[0] : cells[cell_layer]; }
};

PlainNetwork::PlainNetwork(const space::Space& space, bool stand_alone, PlainTensors& tensors)
    : space_(space), stand_alone_(stand_alone), tensors_(tensors), names_(PlainLayerNames(space)) {}

std::vector<at::Tensor> PlainNetwork::Values(const at::Tensor& images, const std::vector<PlainMixture>& cells,
                                             bool running) const {
  const Child child{cells, PlainScope(tensors_, running)};
  std::vector<at::Tensor> values = {images};
  size_t cell_layers = 0;
  for (size_t i = 0; i < space_.network.layers.size(); ++i) {
    values.push_back(Layer(child, i, values, cell_layers));
    if (std::holds_alternative<space::LayerCell>(space_.network.layers[i].body)) ++cell_layers;
  }
  return values;
}

at::Tensor PlainNetwork::Layer(const Child& child, size_t index, const std::vector<at::Tensor>& values,
                               size_t cell_layer) const {
  const space::Layer& layer = space_.network.layers[index];
  const at::Tensor& x = values.back();
  PlainSite site = {layer.out_channels == 0 ? x.size(1) : layer.out_channels, layer.stride, false,
                    child.scope.Below(names_[index])};
  if (const auto* choice = std::get_if<space::LayerChoice>(&layer.body)) {
    return ChoiceLayer(child.cells.front()[choice->choice], space_.choices[choice->choice], x, site);
  }
  if (const auto* body = std::get_if<space::LayerCell>(&layer.body)) {
    const space::Cell& cell = space_.network.cells[body->cell];
    // Before there are as many layers as inputs, the first layer's output stands in.
    std::vector<at::Tensor> inputs;
    for (size_t back = cell.inputs; back-- > 0;) {
      const size_t newest = values.size() - 1;
      inputs.push_back(values[newest > back ? newest - back : std::min<size_t>(newest, 1)]);
    }
    return Cell(child.At(cell_layer), cell, inputs, site);
  }
  const auto& op = std::get<OperatorDef>(layer.body);
  if (op.kind == "linear") site.out = space_.network.classes;
  const PlainValue made = PlainOperator(op, x, site);
  return made.has_value() ? *made : PlainZeros(x, site.out, site.stride);
}

at::Tensor PlainNetwork::ChoiceLayer(const std::vector<PlainPart>& parts, const space::Choice& choice,
                                     const at::Tensor& x, const PlainSite& site) const {
  PlainValue sum;
  for (const PlainPart& part : parts) {
    const space::Candidate& candidate = choice.candidates[part.candidate];
    PlainSite own = site;
    own.scope = site.scope.Below(std::to_string(part.candidate));
    if (const auto* cell = std::get_if<space::CellCandidate>(&candidate.body)) {
      Accumulate(&sum, Gated(part, PlainCandidateCell(*cell, x, own, stand_alone_)));
      continue;
    }
    // SPOS's blocks have no scale and shift in a supernet.
    const bool shuffles = HasKind(*candidate.op(), {"shuffle_block", "shuffle_xception"});
    own.scope = own.scope.Affine(stand_alone_ || !shuffles);
    Accumulate(&sum, Gated(part, PlainOperator(*candidate.op(), x, own)));
  }
  return sum.has_value() ? *sum : PlainZeros(x, site.out, site.stride);
}

at::Tensor PlainNetwork::Cell(const PlainMixture& mixture, const space::Cell& cell,
                              const std::vector<at::Tensor>& inputs, const PlainSite& site) const {
  const int64_t channels = site.out / static_cast<int64_t>(cell.outputs.size());
  const PlainScope scope = site.scope.Affine(stand_alone_);
  std::vector<PlainValue> nodes;
  for (size_t i = 0; i < inputs.size(); ++i) {
    nodes.emplace_back(Preprocessed(cell, i, inputs[i], inputs.back(), channels, scope));
  }
  const std::vector<bool> kept = Kept(space_, cell, mixture);
  for (uint32_t to = cell.inputs; to < cell.nodes; ++to) {
    PlainValue node;
    for (size_t e = 0; e < cell.edges.size(); ++e) {
      const space::CellEdge& edge = cell.edges[e];
      if (edge.to != to || !kept[e] || !nodes[edge.from].has_value()) continue;
      const int64_t stride = edge.from < cell.inputs ? site.stride : 1;
      const PlainScope own = scope.Below("edges").Below(std::to_string(to) + "<-" + std::to_string(edge.from));
      Accumulate(&node, Edge(mixture[edge.choice], space_.choices[edge.choice], *nodes[edge.from],
                             {channels, stride, true, own}));
    }
    nodes.push_back(node);
  }
  std::vector<at::Tensor> outputs;
  for (const uint32_t node : cell.outputs) {
    outputs.push_back(nodes[node].has_value() ? *nodes[node] : PlainZeros(inputs.back(), channels, site.stride));
  }
  return at::cat(outputs, 1);
}

}  // namespace nasshrink::nn
