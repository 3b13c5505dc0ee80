#include "space/codec.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <numeric>

#include "base/digest.h"

namespace nasshrink::space {
namespace {

void WriteAttributes(const std::vector<Attribute>& attributes,
                     google::protobuf::RepeatedPtrField<v1::Attribute>* list) {
  for (const Attribute& attribute : attributes) {
    v1::Attribute* message = list->Add();
    message->set_name(attribute.name);
    if (const auto* integer = std::get_if<int64_t>(&attribute.value)) message->set_integer(*integer);
    if (const auto* real = std::get_if<double>(&attribute.value)) message->set_real(*real);
    if (const auto* text = std::get_if<std::string>(&attribute.value)) message->set_text(*text);
  }
}

void WriteOperator(const OperatorDef& op, v1::OperatorDef* message) {
  message->set_kind(op.kind);
  WriteAttributes(op.attributes, message->mutable_attributes());
  for (const Primitive& primitive : op.graph) {
    v1::Primitive* part = message->add_graph();
    part->set_kind(primitive.kind);
    part->mutable_inputs()->Add(primitive.inputs.begin(), primitive.inputs.end());
    WriteAttributes(primitive.attributes, part->mutable_attributes());
  }
}

v1::Merge MessageOf(Merge merge) { return merge == Merge::kSum ? v1::MERGE_SUM : v1::MERGE_PRODUCT; }

void WriteCellCandidate(const CellCandidate& cell, v1::CellCandidate* message) {
  message->set_nodes(cell.nodes);
  message->set_ratio(cell.ratio);
  for (const CandidateEdge& edge : cell.edges) {
    v1::CandidateEdge* part = message->add_edges();
    part->set_from(edge.from);
    part->set_to(edge.to);
    WriteOperator(edge.op, part->mutable_op());
  }
  for (const Merge merge : cell.merges) message->add_merges(MessageOf(merge));
}

void WriteCandidate(const Candidate& candidate, v1::Candidate* message) {
  message->set_code(candidate.code);
  message->set_label(candidate.label);
  if (const auto* op = candidate.op()) WriteOperator(*op, message->mutable_op());
  if (const auto* cell = std::get_if<CellCandidate>(&candidate.body))
    WriteCellCandidate(*cell, message->mutable_cell());
  if (const auto* subset = std::get_if<EdgeSubset>(&candidate.body)) {
    message->mutable_edges()->mutable_edges()->Add(subset->edges.begin(), subset->edges.end());
  }
}

void WriteChoice(const Choice& choice, v1::Choice* message) {
  message->set_key(choice.key);
  for (const Candidate& candidate : choice.candidates) WriteCandidate(candidate, message->add_candidates());
  if (choice.alive.size() < choice.candidates.size()) {
    message->mutable_alive()->Add(choice.alive.begin(), choice.alive.end());
  }
  if (choice.grammar.empty()) return;
  const CellGrammar& grammar = choice.grammar.front();
  v1::CellGrammar* part = message->mutable_grammar();
  part->set_nodes(grammar.nodes);
  for (const OperatorDef& op : grammar.operators) WriteOperator(op, part->add_operators());
  part->mutable_ratios()->Add(grammar.ratios.begin(), grammar.ratios.end());
  for (const Merge merge : grammar.merges) part->add_merges(MessageOf(merge));
  part->set_merge_per_node(grammar.merge_per_node);
  part->set_max_macs(grammar.max_macs);
}

void WriteCell(const Cell& cell, v1::Cell* message) {
  message->set_key(cell.key);
  message->set_inputs(cell.inputs);
  message->set_nodes(cell.nodes);
  for (const CellEdge& edge : cell.edges) {
    v1::CellEdge* part = message->add_edges();
    part->set_from(edge.from);
    part->set_to(edge.to);
    part->set_choice(edge.choice);
  }
  for (const NodeInputs& inputs : cell.node_inputs) {
    v1::NodeInputs* part = message->add_node_inputs();
    part->set_node(inputs.node);
    part->set_choice(inputs.choice);
  }
  message->mutable_outputs()->Add(cell.outputs.begin(), cell.outputs.end());
  if (!cell.preprocess.empty()) WriteOperator(cell.preprocess.front(), message->mutable_preprocess());
}

void WriteLayer(const Layer& layer, v1::Layer* message) {
  message->set_key(layer.key);
  if (const auto* op = std::get_if<OperatorDef>(&layer.body)) WriteOperator(*op, message->mutable_fixed());
  if (const auto* choice = std::get_if<LayerChoice>(&layer.body)) message->set_choice(choice->choice);
  if (const auto* cell = std::get_if<LayerCell>(&layer.body)) message->set_cell(cell->cell);
  message->set_out_channels(layer.out_channels);
  message->set_stride(layer.stride);
}

void SortAttributes(OperatorDef* op) {
  const auto by_name = [](const Attribute& a, const Attribute& b) { return a.name < b.name; };
  std::sort(op->attributes.begin(), op->attributes.end(), by_name);
  for (Primitive& primitive : op->graph) std::sort(primitive.attributes.begin(), primitive.attributes.end(), by_name);
}

void SortAttributes(Space* space) {
  for (Choice& choice : space->choices) {
    for (Candidate& candidate : choice.candidates) {
      if (auto* op = std::get_if<OperatorDef>(&candidate.body)) SortAttributes(op);
      if (auto* cell = std::get_if<CellCandidate>(&candidate.body)) {
        for (CandidateEdge& edge : cell->edges) SortAttributes(&edge.op);
      }
    }
    for (CellGrammar& grammar : choice.grammar) {
      for (OperatorDef& op : grammar.operators) SortAttributes(&op);
    }
  }
  for (Layer& layer : space->network.layers) {
    if (auto* op = std::get_if<OperatorDef>(&layer.body)) SortAttributes(op);
  }
  for (Cell& cell : space->network.cells) {
    for (OperatorDef& op : cell.preprocess) SortAttributes(&op);
  }
}

bool AnyDropped(const v1::SearchSpace& message) {
  return std::any_of(message.choices().begin(), message.choices().end(),
                     [](const v1::Choice& choice) { return choice.alive_size() > 0; });
}

}  // namespace

void SpaceToMessage(const Space& space, v1::SearchSpace* message) {
  message->Clear();
  message->set_schema_version(kSchemaVersion);
  message->set_name(space.name);
  v1::Network* network = message->mutable_network();
  network->set_input_channels(space.network.input_channels);
  network->set_input_height(space.network.input_height);
  network->set_input_width(space.network.input_width);
  network->set_classes(space.network.classes);
  for (const Cell& cell : space.network.cells) WriteCell(cell, network->add_cells());
  for (const Layer& layer : space.network.layers) WriteLayer(layer, network->add_layers());
  for (const Choice& choice : space.choices) WriteChoice(choice, message->add_choices());
  for (const std::vector<uint32_t>& group : space.sharing_groups) {
    message->add_sharing_groups()->mutable_choices()->Add(group.begin(), group.end());
  }
}

std::string CanonicalBytes(const Space& space) {
  v1::SearchSpace message;
  SpaceToMessage(space, &message);
  return message.SerializeAsString();
}

void Finish(Space& space) {
  SortAttributes(&space);
  for (Choice& choice : space.choices) {
    std::sort(choice.alive.begin(), choice.alive.end());
    if (!choice.alive.empty() || !choice.grammar.empty()) continue;
    choice.alive.resize(choice.candidates.size());
    std::iota(choice.alive.begin(), choice.alive.end(), 0U);
  }
  google::protobuf::Arena arena;
  auto& message = *google::protobuf::Arena::CreateMessage<v1::SearchSpace>(&arena);
  SpaceToMessage(space, &message);
  space.full_fingerprint = base::Sha256(message.SerializeAsString());
  space.children_fingerprint = space.full_fingerprint;
  if (!space.sharing_groups.empty()) {
    message.clear_sharing_groups();
    space.children_fingerprint = base::Sha256(message.SerializeAsString());
  }
  space.root_fingerprint = space.children_fingerprint;
  if (!AnyDropped(message)) return;
  for (v1::Choice& choice : *message.mutable_choices()) choice.clear_alive();
  space.root_fingerprint = base::Sha256(message.SerializeAsString());
}

}  // namespace nasshrink::space
