#include "nn/program.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace nasshrink::nn {
namespace {

class Compiler {
 public:
  Compiler(const NetworkPlan& plan, const std::vector<space::Architecture>& cells) : plan_(plan), cells_(cells) {}

  Program Run();

 private:
  const space::Architecture& ArchitectureOf(const CellLayer& layer) const {
    return cells_.size() == 1 ? cells_[0] : cells_[layer.ordinal];
  }
  const space::Cell& CellOf(const CellLayer& layer) const { return plan_.space.network.cells[layer.cell]; }
  std::vector<const EdgeOperator*> Chosen(const CellLayer& layer) const;
  std::vector<bool> Live(const CellLayer& layer) const;
  std::optional<size_t> LastBrokenCell() const;

  uint32_t AddNode(const NetworkLayer& layer);
  // A convolution of `source`; its part of the group's output.
  NodeTerm AddConvolution(uint32_t source, SourceForm form, const Convolution& convolution, const Norm* norm);
  void UseNorm(const Norm& norm);
  void AddConvNorm(const NetworkLayer& layer, const ConvNormLayer& body);
  void AddCell(const NetworkLayer& layer, const CellLayer& body);
  void AddResidual(const NetworkLayer& layer, const ResidualLayer& body);
  void AddNormRectify(const NetworkLayer& layer, const NormRectifyLayer& body);

  const NetworkPlan& plan_;
  const std::vector<space::Architecture>& cells_;
  Program program_;
  std::map<std::tuple<uint32_t, SourceForm, int, int>, uint32_t> groups_;
  uint32_t current_ = 0;
};

std::vector<const EdgeOperator*> Compiler::Chosen(const CellLayer& layer) const {
  const space::Cell& cell = CellOf(layer);
  const space::Architecture& architecture = ArchitectureOf(layer);
  std::vector<const EdgeOperator*> chosen;
  for (size_t e = 0; e < cell.edges.size(); ++e) {
    chosen.push_back(&layer.edges[e][architecture[cell.edges[e].choice]]);
  }
  return chosen;
}

std::vector<bool> Compiler::Live(const CellLayer& layer) const {
  std::vector<EdgeAction> actions;
  for (const EdgeOperator* op : Chosen(layer)) actions.push_back(op->action);
  return LiveEdges(CellOf(layer), actions);
}

// The last cell without a path: nothing before it matters.
std::optional<size_t> Compiler::LastBrokenCell() const {
  for (size_t i = plan_.layers.size(); i-- > 0;) {
    const auto* cell = std::get_if<CellLayer>(&plan_.layers[i].body);
    if (cell == nullptr) continue;
    const std::vector<bool> live = Live(*cell);
    if (std::find(live.begin(), live.end(), true) == live.end()) return i;
  }
  return std::nullopt;
}

uint32_t Compiler::AddNode(const NetworkLayer& layer) {
  ProgramNode node;
  node.channels = layer.channels;
  node.height = layer.height;
  node.width = layer.width;
  program_.nodes.push_back(std::move(node));
  return static_cast<uint32_t>(program_.nodes.size() - 1);
}

void Compiler::UseNorm(const Norm& norm) {
  if (!norm.affine) return;
  program_.parameters.push_back(norm.scale);
  program_.parameters.push_back(norm.shift);
}

NodeTerm Compiler::AddConvolution(uint32_t source, SourceForm form, const Convolution& convolution, const Norm* norm) {
  // Outputs with and without batch norm do not share a group; the kernel's sign tells them apart.
  const auto key =
      std::make_tuple(source, form, norm != nullptr ? convolution.kernel : -convolution.kernel, convolution.stride);
  const auto [found, fresh] = groups_.emplace(key, static_cast<uint32_t>(program_.groups.size()));
  if (fresh) {
    ConvGroup group;
    group.source = source;
    group.form = form;
    group.in = convolution.in;
    group.kernel = convolution.kernel;
    group.stride = convolution.stride;
    group.normalised = norm != nullptr;
    program_.groups.push_back(std::move(group));
    program_.nodes[source].groups.push_back(found->second);
    (form == SourceForm::kRectified ? program_.nodes[source].rectified : program_.nodes[source].raw) = true;
  }
  ConvGroup& group = program_.groups[found->second];
  NodeTerm term;
  term.of_group = true;
  term.source = found->second;
  term.offset = group.out;
  term.normalised = norm != nullptr;
  if (norm != nullptr) {
    term.norm = *norm;
    UseNorm(*norm);
  }
  group.parts.push_back({convolution.weight, convolution.out, group.out});
  group.out += convolution.out;
  program_.parameters.push_back(convolution.weight);
  return term;
}

void Compiler::AddConvNorm(const NetworkLayer& layer, const ConvNormLayer& body) {
  const NodeTerm term = AddConvolution(current_, SourceForm::kRaw, body.convolution, &body.norm);
  current_ = AddNode(layer);
  program_.nodes[current_].terms.push_back(term);
}

void Compiler::AddCell(const NetworkLayer& layer, const CellLayer& body) {
  const space::Cell& cell = CellOf(body);
  const std::vector<const EdgeOperator*> chosen = Chosen(body);
  const std::vector<bool> live = Live(body);
  std::vector<uint32_t> node_of(cell.nodes, current_);
  for (uint32_t to = 1; to < cell.nodes; ++to) {
    std::vector<size_t> incoming;
    for (size_t e = 0; e < cell.edges.size(); ++e) {
      if (cell.edges[e].to == to && live[e]) incoming.push_back(e);
    }
    if (incoming.empty()) continue;
    if (incoming.size() == 1 && chosen[incoming[0]]->action == EdgeAction::kPass) {
      node_of[to] = node_of[cell.edges[incoming[0]].from];
      continue;
    }
    const uint32_t node = AddNode(layer);
    node_of[to] = node;
    for (const size_t e : incoming) {
      const EdgeOperator& op = *chosen[e];
      const uint32_t source = node_of[cell.edges[e].from];
      if (op.action == EdgeAction::kConvolve) {
        const NodeTerm term = AddConvolution(source, SourceForm::kRectified, op.convolution, &op.norm);
        program_.nodes[node].terms.push_back(term);
      } else {
        auto& list = op.action == EdgeAction::kPass ? program_.nodes[node].plain : program_.nodes[node].pooled;
        list.push_back(source);
        program_.nodes[source].raw = true;
      }
    }
  }
  current_ = node_of[cell.outputs[0]];
}

void Compiler::AddResidual(const NetworkLayer& layer, const ResidualLayer& body) {
  const NodeTerm first = AddConvolution(current_, SourceForm::kRectified, body.first, &body.first_norm);
  const NodeTerm shortcut = AddConvolution(current_, SourceForm::kHalved, body.shortcut, nullptr);
  const uint32_t middle = AddNode(layer);
  program_.nodes[middle].terms.push_back(first);
  const NodeTerm second = AddConvolution(middle, SourceForm::kRectified, body.second, &body.second_norm);
  current_ = AddNode(layer);
  program_.nodes[current_].terms = {second, shortcut};
}

void Compiler::AddNormRectify(const NetworkLayer& layer, const NormRectifyLayer& body) {
  NodeTerm term;
  term.of_group = false;
  term.source = current_;
  term.norm = body.norm;
  UseNorm(body.norm);
  program_.nodes[current_].raw = true;
  current_ = AddNode(layer);
  program_.nodes[current_].terms.push_back(term);
  program_.nodes[current_].rectified = true;
}

Program Compiler::Run() {
  const std::optional<size_t> broken = LastBrokenCell();
  program_.from_images = !broken.has_value();
  if (broken.has_value()) {
    current_ = AddNode(plan_.layers[*broken]);
  } else {
    NetworkLayer images;
    images.channels = static_cast<int>(plan_.space.network.input_channels);
    images.height = static_cast<int>(plan_.space.network.input_height);
    images.width = static_cast<int>(plan_.space.network.input_width);
    current_ = AddNode(images);
  }
  program_.nodes[0].constant = true;
  const size_t first = broken.has_value() ? *broken + 1 : 0;
  program_.signature = fmt::format("{}", first);
  bool rectified = false;
  for (size_t i = first; i < plan_.layers.size(); ++i) {
    const NetworkLayer& layer = plan_.layers[i];
    if (const auto* conv = std::get_if<ConvNormLayer>(&layer.body)) {
      AddConvNorm(layer, *conv);
    } else if (const auto* cell = std::get_if<CellLayer>(&layer.body)) {
      AddCell(layer, *cell);
      const std::vector<bool> live = Live(*cell);
      for (size_t e = 0; e < live.size(); ++e) {
        const uint32_t choice = CellOf(*cell).edges[e].choice;
        program_.signature += live[e] ? fmt::format(" {}", ArchitectureOf(*cell)[choice]) : " -";
      }
    } else if (const auto* residual = std::get_if<ResidualLayer>(&layer.body)) {
      AddResidual(layer, *residual);
    } else if (const auto* norm = std::get_if<NormRectifyLayer>(&layer.body)) {
      AddNormRectify(layer, *norm);
      rectified = true;
      continue;
    } else if (const auto* classifier = std::get_if<ClassifyLayer>(&layer.body)) {
      program_.classifier = *classifier;
      continue;
    } else {
      continue;
    }
    rectified = false;
  }
  program_.head = current_;
  program_.head_rectified = rectified;
  (rectified ? program_.nodes[current_].rectified : program_.nodes[current_].raw) = true;
  program_.parameters.push_back(program_.classifier.weight);
  program_.parameters.push_back(program_.classifier.bias);
  std::sort(program_.parameters.begin(), program_.parameters.end());
  return std::move(program_);
}

}  // namespace

Program CompileProgram(const NetworkPlan& plan, const std::vector<space::Architecture>& cells) {
  return Compiler(plan, cells).Run();
}

std::vector<bool> LiveEdges(const space::Cell& cell, const std::vector<EdgeAction>& actions) {
  std::vector<bool> reached(cell.nodes, false);
  std::vector<bool> needed(cell.nodes, false);
  reached[0] = true;
  needed[cell.outputs[0]] = true;
  const auto open = [&](size_t e) { return actions[e] != EdgeAction::kBreak; };
  // Edges are ascending by (to, from), so one pass in each direction is enough.
  for (size_t e = 0; e < cell.edges.size(); ++e) {
    if (open(e) && reached[cell.edges[e].from]) reached[cell.edges[e].to] = true;
  }
  for (size_t e = cell.edges.size(); e-- > 0;) {
    if (open(e) && needed[cell.edges[e].to]) needed[cell.edges[e].from] = true;
  }
  std::vector<bool> live(cell.edges.size());
  for (size_t e = 0; e < cell.edges.size(); ++e) {
    live[e] = open(e) && reached[cell.edges[e].from] && needed[cell.edges[e].to];
  }
  return live;
}

}  // namespace nasshrink::nn
