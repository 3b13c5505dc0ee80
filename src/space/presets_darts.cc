// DARTS (Liu et al., ICLR 2019): two cells of 14 edges, as children with two edges a node or as the supernet that DARTS
// and P-DARTS train, or the one table of 14 edges that ABS shrinks for both.
//
// Operator codes are the published order: none 0, max_pool 1, avg_pool 2, skip 3, sep_conv 4 and 5, dil_conv 6 and 7.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "space/preset_makers.h"
#include "space/preset_options.h"
#include "space/preset_parts.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

constexpr uint32_t kInputs = 2;
constexpr uint32_t kNodes = 6;
constexpr uint32_t kOutputs = kNodes - kInputs;
constexpr uint32_t kReductions = 2;
constexpr uint32_t kMaxDartsCells = 1000;
enum : uint32_t { kNormal, kReduction };

// Nodes after the inputs see all earlier ones. (from, to), ascending by (to, from).
std::vector<std::pair<uint32_t, uint32_t>> Edges() {
  std::vector<std::pair<uint32_t, uint32_t>> edges;
  for (uint32_t to = kInputs; to < kNodes; ++to) {
    for (uint32_t from = 0; from < to; ++from) edges.emplace_back(from, to);
  }
  return edges;
}

std::vector<Candidate> Operators(bool none) {
  const auto pool = [](int32_t code, const char* kind) {
    return Candidate{code, fmt::format("{}_3x3", kind),
                     MakeOperator(kind, {{"batch_norm", int64_t{1}}, {"kernel", int64_t{3}}})};
  };
  const auto separable = [](int32_t code, int64_t kernel) {
    return Candidate{code, fmt::format("sep_conv_{0}x{0}", kernel), MakeOperator("sep_conv", {{"kernel", kernel}})};
  };
  const auto dilated = [](int32_t code, int64_t kernel) {
    return Candidate{code, fmt::format("dil_conv_{0}x{0}", kernel),
                     MakeOperator("dil_conv", {{"dilation", int64_t{2}}, {"kernel", kernel}})};
  };
  std::vector<Candidate> operators;
  if (none) operators.push_back({0, "none", MakeOperator("none")});
  operators.push_back(pool(1, "max_pool"));
  operators.push_back(pool(2, "avg_pool"));
  operators.push_back({3, "skip_connect", MakeOperator("identity", {{"strided", std::string("factorized_reduce")}})});
  operators.push_back(separable(4, 3));
  operators.push_back(separable(5, 5));
  operators.push_back(dilated(6, 3));
  operators.push_back(dilated(7, 5));
  return operators;
}

Cell EmptyCell(const char* key) {
  Cell cell;
  cell.key = key;
  cell.inputs = kInputs;
  cell.nodes = kNodes;
  for (uint32_t node = kInputs; node < kNodes; ++node) cell.outputs.push_back(node);
  cell.preprocess = {MakeOperator("relu_conv_bn", {{"kernel", int64_t{1}}})};
  return cell;
}

uint32_t AddEdgeChoice(Space* space, const char* prefix, std::pair<uint32_t, uint32_t> edge, bool none) {
  const auto index = static_cast<uint32_t>(space->choices.size());
  Choice& choice = space->choices.emplace_back();
  choice.key = fmt::format("{} {}<-{}", prefix, edge.second, edge.first);
  choice.candidates = Operators(none);
  return index;
}

// Which two of its incoming edges a node keeps.
void AddPairChoice(Space* space, Cell* cell, uint32_t node) {
  cell->node_inputs.push_back({node, static_cast<uint32_t>(space->choices.size())});
  Choice& choice = space->choices.emplace_back();
  choice.key = fmt::format("{} inputs of {}", cell->key, node);
  int32_t code = 0;
  for (uint32_t i = 0; i < cell->edges.size(); ++i) {
    for (uint32_t j = i + 1; j < cell->edges.size(); ++j) {
      if (cell->edges[i].to != node || cell->edges[j].to != node) continue;
      choice.candidates.push_back(
          {code++, fmt::format("{},{}", cell->edges[i].from, cell->edges[j].from), EdgeSubset{{i, j}}});
    }
  }
}

struct NetForm {
  InputForm input;
  uint32_t channels;
  uint32_t layers;
  bool imagenet;
};
// The search net of DARTS, and the net ABS shrinks and DARTS retrains on ImageNet.
constexpr NetForm kCifar = {{32, 10, 4}, 16, 8, false};
constexpr NetForm kImageNet = {{224, 1000, 32}, 48, 14, true};

base::Result<NetForm> FormOf(const v1::PresetOptions& options, const NetForm& otherwise) {
  NetForm form = otherwise;
  if (options.stem() == "cifar") {
    form = kCifar;
  } else if (options.stem() == "imagenet") {
    form = kImageNet;
  } else if (!options.stem().empty()) {
    NASSHRINK_RETURN_IF_ERROR(CheckText(options.stem(), "options.stem"));
    return base::Invalid("options.stem", options.stem(), "cifar, imagenet", "names no stem");
  }
  form.channels = Or(options.channels(), form.channels);
  form.layers = Or(options.layers(), form.layers);
  // The last cells have 4 * 4 * channels; the ImageNet stem starts with half of them.
  NASSHRINK_RETURN_IF_ERROR(CheckOption("channels", form.channels, 2, kMaxChannels / kOutputs / 4));
  NASSHRINK_RETURN_IF_ERROR(CheckOption("layers", form.layers, kReductions + 1, kMaxDartsCells));
  return form;
}

void AddStem(Space* space, const NetForm& form) {
  if (!form.imagenet) return AddFixed(space, "stem", ConvNorm(3, "none"), 3 * form.channels);
  AddFixed(space, "stem 1", ConvNorm(3, "relu"), form.channels / 2, 2);
  AddFixed(space, "stem 2", ConvNorm(3, "none"), form.channels, 2);
  AddFixed(space, "stem 3", MakeOperator("relu_conv_bn", {{"kernel", int64_t{3}}}), form.channels, 2);
}

// Cells number L/3 and 2L/3 reduce.
base::Status AddNet(const v1::PresetOptions& options, const NetForm& form, Space* space) {
  NASSHRINK_RETURN_IF_ERROR(SetInput(options, form.input, &space->network));
  AddStem(space, form);
  uint32_t channels = form.channels;
  for (uint32_t i = 0; i < form.layers; ++i) {
    const bool reduction = i == form.layers / 3 || i == 2 * form.layers / 3;
    if (reduction) channels *= 2;
    space->network.layers.push_back({fmt::format("cell {}", i), LayerCell{reduction ? kReduction : kNormal},
                                     kOutputs * channels, reduction ? 2U : 1U});
  }
  AddHead(space, 0, "none");
  return {};
}

// With `pairs` a node keeps two of its edges, a choice of its own; without, an edge may be none.
base::Result<Space> TwoCells(const v1::PresetOptions& options, bool pairs) {
  NASSHRINK_ASSIGN_OR_RETURN(const NetForm form, FormOf(options, kCifar));
  Space space;
  for (const char* key : {"normal", "reduction"}) {
    Cell cell = EmptyCell(key);
    for (const auto& edge : Edges()) {
      cell.edges.push_back({edge.first, edge.second, AddEdgeChoice(&space, key, edge, !pairs)});
    }
    for (uint32_t node = kInputs; pairs && node < kNodes; ++node) AddPairChoice(&space, &cell, node);
    space.network.cells.push_back(std::move(cell));
  }
  NASSHRINK_RETURN_IF_ERROR(AddNet(options, form, &space));
  return space;
}

}  // namespace

base::Result<Space> MakeDarts(const v1::PresetOptions& options) { return TwoCells(options, true); }

base::Result<Space> MakeDartsEdges(const v1::PresetOptions& options) { return TwoCells(options, false); }

base::Result<Space> MakeDartsShared(const v1::PresetOptions& options) {
  NASSHRINK_ASSIGN_OR_RETURN(const NetForm form, FormOf(options, kImageNet));
  Space space;
  Cell normal = EmptyCell("normal");
  for (const auto& edge : Edges()) {
    normal.edges.push_back({edge.first, edge.second, AddEdgeChoice(&space, "edge", edge, true)});
  }
  Cell reduction = normal;
  reduction.key = "reduction";
  space.network.cells = {std::move(normal), std::move(reduction)};
  NASSHRINK_RETURN_IF_ERROR(AddNet(options, form, &space));
  return space;
}

}  // namespace nasshrink::space
