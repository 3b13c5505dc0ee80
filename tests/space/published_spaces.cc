#include "space/published_spaces.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "space/presets.h"

namespace nasshrink::tests {
namespace {

using Numbers = std::map<std::string, int64_t>;

void SetOperator(v1::OperatorDef* op, const std::string& kind, const Numbers& numbers = {}) {
  op->set_kind(kind);
  for (const auto& [name, value] : numbers) {
    v1::Attribute* attribute = op->add_attributes();
    attribute->set_name(name);
    attribute->set_integer(value);
  }
}

void SetText(v1::OperatorDef* op, const std::string& name, const std::string& text) {
  v1::Attribute* attribute = op->add_attributes();
  attribute->set_name(name);
  attribute->set_text(text);
}

v1::SearchSpace Start(const std::string& name, uint32_t side, uint32_t classes) {
  v1::SearchSpace space;
  space.set_schema_version(1);
  space.set_name(name);
  space.mutable_network()->set_input_channels(3);
  space.mutable_network()->set_input_height(side);
  space.mutable_network()->set_input_width(side);
  space.mutable_network()->set_classes(classes);
  return space;
}

v1::OperatorDef* AddFixed(v1::SearchSpace* space, const std::string& key, uint32_t channels, uint32_t stride) {
  v1::Layer* layer = space->mutable_network()->add_layers();
  layer->set_key(key);
  layer->set_out_channels(channels);
  layer->set_stride(stride);
  return layer->mutable_fixed();
}

void AddHead(v1::SearchSpace* space, uint32_t channels, const Numbers& classifier = {}) {
  if (channels > 0) SetOperator(AddFixed(space, "head", channels, 1), "conv_bn", {{"kernel", 1}});
  SetOperator(AddFixed(space, "pool", 0, 1), "global_avg_pool");
  SetOperator(AddFixed(space, "classifier", 0, 1), "linear", classifier);
}

// A choice that a new layer uses.
v1::Choice* AddLayerChoice(v1::SearchSpace* space, uint32_t channels, uint32_t stride) {
  const auto index = static_cast<uint32_t>(space->choices_size());
  v1::Layer* layer = space->mutable_network()->add_layers();
  layer->set_key("block " + std::to_string(index));
  layer->set_choice(index);
  layer->set_out_channels(channels);
  layer->set_stride(stride);
  v1::Choice* choice = space->add_choices();
  choice->set_key("layer " + std::to_string(index));
  return choice;
}

v1::Candidate* AddCandidate(v1::Choice* choice, int32_t code, const std::string& label) {
  v1::Candidate* candidate = choice->add_candidates();
  candidate->set_code(code);
  candidate->set_label(label);
  return candidate;
}

void AddMobile(v1::Choice* choice, int32_t code, int64_t kernel, int64_t expansion) {
  const std::string label = "k" + std::to_string(kernel) + "e" + std::to_string(expansion);
  SetOperator(AddCandidate(choice, code, label)->mutable_op(), "mb_block",
              {{"expansion", expansion}, {"kernel", kernel}});
}

void AddIdentity(v1::Choice* choice, int32_t code) {
  SetOperator(AddCandidate(choice, code, "identity")->mutable_op(), "identity");
}

struct Stage {
  uint32_t channels;
  uint32_t repeat;
  uint32_t stride;
};

struct MobileForm {
  std::string name;
  uint32_t stem = 32;
  uint32_t first = 16;
  uint32_t head = 1280;
  std::vector<Stage> stages;
  std::vector<int64_t> expansions = {3, 6};
  bool identity = true;
  bool searchable_first = false;
};

v1::SearchSpace Mobile(const MobileForm& form) {
  constexpr int64_t kKernels[] = {3, 5, 7};
  v1::SearchSpace space = Start(form.name, 224, 1000);
  SetOperator(AddFixed(&space, "stem", form.stem, 2), "conv_bn", {{"kernel", 3}});
  if (form.searchable_first) {
    v1::Choice* first = AddLayerChoice(&space, form.first, 1);
    for (int32_t k = 0; k < 3; ++k) AddMobile(first, k, kKernels[k], 1);
  } else {
    SetOperator(AddFixed(&space, "first", form.first, 1), "mb_block", {{"expansion", 1}, {"kernel", 3}});
  }
  for (const Stage& stage : form.stages) {
    for (uint32_t i = 0; i < stage.repeat; ++i) {
      v1::Choice* choice = AddLayerChoice(&space, stage.channels, i == 0 ? stage.stride : 1);
      int32_t code = 0;
      for (const int64_t kernel : kKernels) {
        for (const int64_t expansion : form.expansions) AddMobile(choice, code++, kernel, expansion);
      }
      if (form.identity && i > 0) AddIdentity(choice, -1);
    }
  }
  AddHead(&space, form.head);
  return space;
}

// The edges of a DARTS cell: every node after the two inputs sees all earlier ones.
std::vector<std::pair<uint32_t, uint32_t>> DartsEdges() {
  std::vector<std::pair<uint32_t, uint32_t>> edges;
  for (uint32_t to = 2; to < 6; ++to) {
    for (uint32_t from = 0; from < to; ++from) edges.emplace_back(from, to);
  }
  return edges;
}

void AddDartsOperators(v1::Choice* choice, bool none) {
  if (none) SetOperator(AddCandidate(choice, 0, "none")->mutable_op(), "none");
  SetOperator(AddCandidate(choice, 1, "max_pool_3x3")->mutable_op(), "max_pool", {{"batch_norm", 1}, {"kernel", 3}});
  SetOperator(AddCandidate(choice, 2, "avg_pool_3x3")->mutable_op(), "avg_pool", {{"batch_norm", 1}, {"kernel", 3}});
  v1::OperatorDef* skip = AddCandidate(choice, 3, "skip_connect")->mutable_op();
  SetOperator(skip, "identity");
  SetText(skip, "strided", "factorized_reduce");
  SetOperator(AddCandidate(choice, 4, "sep_conv_3x3")->mutable_op(), "sep_conv", {{"kernel", 3}});
  SetOperator(AddCandidate(choice, 5, "sep_conv_5x5")->mutable_op(), "sep_conv", {{"kernel", 5}});
  SetOperator(AddCandidate(choice, 6, "dil_conv_3x3")->mutable_op(), "dil_conv", {{"dilation", 2}, {"kernel", 3}});
  SetOperator(AddCandidate(choice, 7, "dil_conv_5x5")->mutable_op(), "dil_conv", {{"dilation", 2}, {"kernel", 5}});
}

v1::Cell* AddDartsCell(v1::SearchSpace* space, const std::string& key) {
  v1::Cell* cell = space->mutable_network()->add_cells();
  cell->set_key(key);
  cell->set_inputs(2);
  cell->set_nodes(6);
  for (uint32_t node = 2; node < 6; ++node) cell->add_outputs(node);
  SetOperator(cell->mutable_preprocess(), "relu_conv_bn", {{"kernel", 1}});
  return cell;
}

void AddDartsEdge(v1::Cell* cell, std::pair<uint32_t, uint32_t> edge, uint32_t choice) {
  v1::CellEdge* message = cell->add_edges();
  message->set_from(edge.first);
  message->set_to(edge.second);
  message->set_choice(choice);
}

std::string EdgeKey(const std::string& cell, std::pair<uint32_t, uint32_t> edge) {
  return cell + " " + std::to_string(edge.second) + "<-" + std::to_string(edge.first);
}

// Which two incoming edges a node keeps.
void AddPairChoice(v1::SearchSpace* space, v1::Cell* cell, uint32_t node) {
  std::vector<uint32_t> incoming;
  for (uint32_t e = 0; e < static_cast<uint32_t>(cell->edges_size()); ++e) {
    if (cell->edges(static_cast<int>(e)).to() == node) incoming.push_back(e);
  }
  v1::NodeInputs* inputs = cell->add_node_inputs();
  inputs->set_node(node);
  inputs->set_choice(static_cast<uint32_t>(space->choices_size()));
  v1::Choice* choice = space->add_choices();
  choice->set_key(cell->key() + " inputs of " + std::to_string(node));
  int32_t code = 0;
  for (size_t i = 0; i < incoming.size(); ++i) {
    for (size_t j = i + 1; j < incoming.size(); ++j) {
      v1::EdgeSubset* pair = AddCandidate(choice, code++, "pair")->mutable_edges();
      pair->add_edges(incoming[i]);
      pair->add_edges(incoming[j]);
    }
  }
}

// Eight cells with reductions after a third and two thirds, 16 channels at first.
void AddDartsLayers(v1::SearchSpace* space) {
  uint32_t channels = 16;
  for (uint32_t i = 0; i < 8; ++i) {
    const bool reduction = i == 2 || i == 5;
    if (reduction) channels *= 2;
    v1::Layer* layer = space->mutable_network()->add_layers();
    layer->set_key("cell " + std::to_string(i));
    layer->set_cell(reduction ? 1 : 0);
    layer->set_out_channels(4 * channels);
    layer->set_stride(reduction ? 2 : 1);
  }
}

void SetAutoSpaceOperator(v1::OperatorDef* op, uint32_t code) {
  switch (code) {
    case 0:
      return SetOperator(op, "conv", {{"kernel", 1}});
    case 1:
      return SetOperator(op, "conv", {{"kernel", 3}});
    case 2:
      return SetOperator(op, "depthwise_conv", {{"kernel", 3}});
    case 3:
      return SetOperator(op, "identity");
    default:
      return SetOperator(op, "none");
  }
}

v1::SearchSpace AutoSpaceStem(const std::string& name) {
  v1::SearchSpace space = Start(name, 224, 1000);
  SetOperator(AddFixed(&space, "stem", 32, 2), "conv_bn", {{"kernel", 3}});
  return space;
}

}  // namespace

space::Space NasBench201() {
  auto space = space::Preset("nas-bench-201", {});
  if (!space.ok()) {
    std::fprintf(stderr, "%s\n", space.status().message().c_str());
    std::abort();
  }
  return *std::move(space);
}

v1::SearchSpace ProxylessGpu() {
  MobileForm form;
  form.name = "proxyless-gpu";
  form.stem = 40;
  form.first = 24;
  form.head = 1728;
  form.stages = {{32, 4, 2}, {56, 4, 2}, {112, 4, 2}, {128, 4, 1}, {256, 4, 2}, {432, 1, 1}};
  return Mobile(form);
}

v1::SearchSpace ProxylessMobile() {
  MobileForm form;
  form.name = "proxyless-mobile";
  form.stages = {{32, 4, 2}, {40, 4, 2}, {80, 4, 2}, {96, 4, 1}, {192, 4, 2}, {320, 1, 1}};
  return Mobile(form);
}

v1::SearchSpace FairNas() {
  MobileForm form;
  form.name = "fairnas";
  form.stages = {{32, 2, 2}, {40, 4, 2}, {80, 4, 2}, {96, 4, 1}, {192, 4, 2}, {320, 1, 1}};
  form.identity = false;
  return Mobile(form);
}

v1::SearchSpace PadNas(bool large) {
  MobileForm form;
  form.name = large ? "pad-nas-large" : "pad-nas-basic";
  form.searchable_first = true;
  form.stages = {{32, 4, 2}, {40, 4, 2}, {80, 4, 2}, {96, 4, 1}, {192, 4, 2}, {320, 1, 1}};
  if (large) {
    form.stem = 16;
    form.stages[0].channels = 24;
    form.expansions = {1, 2, 3, 4, 5, 6};
  }
  return Mobile(form);
}

v1::SearchSpace SposShuffleNet() {
  v1::SearchSpace space = Start("spos-shufflenet", 224, 1000);
  SetOperator(AddFixed(&space, "stem", 16, 2), "conv_bn", {{"kernel", 3}});
  for (const Stage& stage : std::vector<Stage>{{64, 4, 2}, {160, 4, 2}, {320, 8, 2}, {640, 4, 2}}) {
    for (uint32_t i = 0; i < stage.repeat; ++i) {
      v1::Choice* choice = AddLayerChoice(&space, stage.channels, i == 0 ? 2 : 1);
      for (int32_t code = 0; code < 3; ++code) {
        SetOperator(AddCandidate(choice, code, "shuffle")->mutable_op(), "shuffle_block", {{"kernel", 3 + 2 * code}});
      }
      SetOperator(AddCandidate(choice, 3, "xception")->mutable_op(), "shuffle_xception");
    }
  }
  AddHead(&space, 1024, {{"bias", 0}});
  return space;
}

v1::SearchSpace NasBenchMacro() {
  v1::SearchSpace space = Start("nas-bench-macro", 32, 10);
  SetOperator(AddFixed(&space, "stem", 32, 1), "conv_bn", {{"kernel", 3}});
  for (const Stage& stage : std::vector<Stage>{{64, 2, 2}, {128, 3, 2}, {256, 3, 2}}) {
    for (uint32_t i = 0; i < stage.repeat; ++i) {
      v1::Choice* choice = AddLayerChoice(&space, stage.channels, i == 0 ? 2 : 1);
      v1::OperatorDef* identity = AddCandidate(choice, 0, "identity")->mutable_op();
      SetOperator(identity, "identity");
      SetText(identity, "strided", "conv_bn");
      AddMobile(choice, 1, 3, 3);
      AddMobile(choice, 2, 5, 6);
    }
  }
  AddHead(&space, 1280);
  return space;
}

v1::SearchSpace DartsPairs() {
  v1::SearchSpace space = Start("darts", 32, 10);
  SetOperator(AddFixed(&space, "stem", 48, 1), "conv_bn", {{"kernel", 3}});
  for (const char* key : {"normal", "reduction"}) {
    v1::Cell* cell = AddDartsCell(&space, key);
    for (const auto& edge : DartsEdges()) {
      AddDartsEdge(cell, edge, static_cast<uint32_t>(space.choices_size()));
      v1::Choice* choice = space.add_choices();
      choice->set_key(EdgeKey(key, edge));
      AddDartsOperators(choice, false);
    }
    for (uint32_t node = 2; node < 6; ++node) AddPairChoice(&space, cell, node);
  }
  AddDartsLayers(&space);
  AddHead(&space, 0);
  return space;
}

v1::SearchSpace DartsShared() {
  v1::SearchSpace space = Start("darts-shared", 32, 10);
  SetOperator(AddFixed(&space, "stem", 48, 1), "conv_bn", {{"kernel", 3}});
  v1::Cell* cells[] = {AddDartsCell(&space, "normal"), AddDartsCell(&space, "reduction")};
  for (const auto& edge : DartsEdges()) {
    for (v1::Cell* cell : cells) AddDartsEdge(cell, edge, static_cast<uint32_t>(space.choices_size()));
    v1::Choice* choice = space.add_choices();
    choice->set_key(EdgeKey("edge", edge));
    AddDartsOperators(choice, true);
  }
  AddDartsLayers(&space);
  AddHead(&space, 0);
  return space;
}

v1::SearchSpace AutoSpaceOpen(uint32_t layers) {
  v1::SearchSpace space = AutoSpaceStem("autospace-open");
  for (uint32_t i = 0; i < layers; ++i) {
    v1::CellGrammar* grammar = AddLayerChoice(&space, 64, 1)->mutable_grammar();
    grammar->set_nodes(4);
    for (uint32_t code = 0; code < 5; ++code) SetAutoSpaceOperator(grammar->add_operators(), code);
    for (const uint32_t ratio : {1, 3, 6}) grammar->add_ratios(ratio);
    grammar->add_merges(v1::MERGE_SUM);
    grammar->add_merges(v1::MERGE_PRODUCT);
    grammar->set_max_macs(20'000'000);
  }
  AddHead(&space, 0);
  return space;
}

v1::SearchSpace AutoSpaceLearned(uint32_t layers) {
  v1::SearchSpace space = AutoSpaceStem("autospace-learned");
  uint32_t number = 0;
  for (uint32_t i = 0; i < layers; ++i) {
    v1::Choice* choice = AddLayerChoice(&space, 64, i % 4 == 0 ? 2 : 1);
    for (int32_t code = 0; code < 9; ++code) {
      v1::CellCandidate* cell = AddCandidate(choice, code, "cell")->mutable_cell();
      cell->set_nodes(4);
      constexpr uint32_t kRatios[] = {1, 3, 6};
      cell->set_ratio(kRatios[code % 3]);
      for (uint32_t to = 1; to < 4; ++to) {
        for (uint32_t from = 0; from < to; ++from) {
          v1::CandidateEdge* edge = cell->add_edges();
          edge->set_from(from);
          edge->set_to(to);
          SetAutoSpaceOperator(edge->mutable_op(), number++ * 7 % 5);
        }
      }
      cell->add_merges(code % 2 == 0 ? v1::MERGE_SUM : v1::MERGE_PRODUCT);
      cell->add_merges(v1::MERGE_SUM);
    }
  }
  AddHead(&space, 0);
  return space;
}

}  // namespace nasshrink::tests
