#include "space/codec.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <numeric>

#include "space/parse_message.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

constexpr size_t kMaxAllCandidates = size_t{1} << 20;
constexpr size_t kMaxParts = 65536;  // entries of any other list

template <typename List>
base::Status CheckCount(const List& list, size_t max, const std::string& field) {
  const auto count = static_cast<size_t>(list.size());
  if (count <= max) return {};
  return base::Invalid(field, count, fmt::format("up to {}", max), "the list is too long");
}

template <typename List>
std::vector<uint32_t> Numbers(const List& list) {
  return {list.begin(), list.end()};
}

template <typename List>
base::Result<std::vector<Attribute>> ReadAttributes(const List& list, const std::string& field) {
  NASSHRINK_RETURN_IF_ERROR(CheckCount(list, kMaxParts, field));
  std::vector<Attribute> attributes;
  attributes.reserve(static_cast<size_t>(list.size()));
  for (const v1::Attribute& message : list) {
    Attribute attribute;
    attribute.name = message.name();
    switch (message.value_case()) {
      case v1::Attribute::kInteger:
        attribute.value = static_cast<int64_t>(message.integer());
        break;
      case v1::Attribute::kReal:
        attribute.value = message.real();
        break;
      case v1::Attribute::kText:
        attribute.value = message.text();
        break;
      case v1::Attribute::VALUE_NOT_SET:
        return base::Invalid(fmt::format("{}[{}].value", field, attributes.size()), "nothing", "integer, real or text",
                             "the attribute has no value");
    }
    attributes.push_back(std::move(attribute));
  }
  return attributes;
}

base::Result<OperatorDef> ReadOperator(const v1::OperatorDef& message, const std::string& field) {
  OperatorDef op;
  op.kind = message.kind();
  NASSHRINK_ASSIGN_OR_RETURN(op.attributes, ReadAttributes(message.attributes(), field + ".attributes"));
  NASSHRINK_RETURN_IF_ERROR(CheckCount(message.graph(), kMaxParts, field + ".graph"));
  for (const v1::Primitive& part : message.graph()) {
    Primitive primitive;
    primitive.kind = part.kind();
    primitive.inputs = Numbers(part.inputs());
    NASSHRINK_ASSIGN_OR_RETURN(
        primitive.attributes,
        ReadAttributes(part.attributes(), fmt::format("{}.graph[{}].attributes", field, op.graph.size())));
    op.graph.push_back(std::move(primitive));
  }
  return op;
}

template <typename List>
base::Result<std::vector<Merge>> ReadMerges(const List& list, const std::string& field) {
  NASSHRINK_RETURN_IF_ERROR(CheckCount(list, kMaxParts, field));
  std::vector<Merge> merges;
  for (const int merge : list) {
    if (merge != v1::MERGE_SUM && merge != v1::MERGE_PRODUCT) {
      return base::Invalid(fmt::format("{}[{}]", field, merges.size()), merge, "MERGE_SUM or MERGE_PRODUCT",
                           "names no merge function");
    }
    merges.push_back(merge == v1::MERGE_SUM ? Merge::kSum : Merge::kProduct);
  }
  return merges;
}

base::Result<CellCandidate> ReadCellCandidate(const v1::CellCandidate& message, const std::string& field) {
  CellCandidate cell;
  cell.nodes = message.nodes();
  cell.ratio = message.ratio();
  NASSHRINK_RETURN_IF_ERROR(CheckCount(message.edges(), kMaxParts, field + ".edges"));
  for (const v1::CandidateEdge& part : message.edges()) {
    CandidateEdge edge{part.from(), part.to(), {}};
    NASSHRINK_ASSIGN_OR_RETURN(edge.op,
                               ReadOperator(part.op(), fmt::format("{}.edges[{}].op", field, cell.edges.size())));
    cell.edges.push_back(std::move(edge));
  }
  NASSHRINK_ASSIGN_OR_RETURN(cell.merges, ReadMerges(message.merges(), field + ".merges"));
  return cell;
}

// Names fields relative to the candidate.
base::Result<Candidate> ReadCandidate(const v1::Candidate& message) {
  Candidate candidate;
  candidate.code = message.code();
  candidate.label = message.label();
  switch (message.body_case()) {
    case v1::Candidate::kOp: {
      NASSHRINK_ASSIGN_OR_RETURN(candidate.body, ReadOperator(message.op(), "op"));
      return candidate;
    }
    case v1::Candidate::kCell: {
      NASSHRINK_ASSIGN_OR_RETURN(candidate.body, ReadCellCandidate(message.cell(), "cell"));
      return candidate;
    }
    case v1::Candidate::kEdges:
      candidate.body = EdgeSubset{Numbers(message.edges().edges())};
      return candidate;
    case v1::Candidate::BODY_NOT_SET:
      break;
  }
  return base::Invalid("body", "nothing", "op, cell or edges", "the candidate has no body");
}

base::Result<CellGrammar> ReadGrammar(const v1::CellGrammar& message, const std::string& field) {
  CellGrammar grammar;
  grammar.nodes = message.nodes();
  grammar.ratios = Numbers(message.ratios());
  grammar.merge_per_node = message.merge_per_node();
  grammar.max_macs = message.max_macs();
  NASSHRINK_RETURN_IF_ERROR(CheckCount(message.operators(), kMaxCandidates, field + ".operators"));
  for (const v1::OperatorDef& part : message.operators()) {
    NASSHRINK_ASSIGN_OR_RETURN(OperatorDef op,
                               ReadOperator(part, fmt::format("{}.operators[{}]", field, grammar.operators.size())));
    grammar.operators.push_back(std::move(op));
  }
  NASSHRINK_ASSIGN_OR_RETURN(grammar.merges, ReadMerges(message.merges(), field + ".merges"));
  return grammar;
}

base::Result<Choice> ReadChoice(const v1::Choice& message, const std::string& field) {
  Choice choice;
  choice.key = message.key();
  NASSHRINK_RETURN_IF_ERROR(CheckCount(message.candidates(), kMaxCandidates, field + ".candidates"));
  NASSHRINK_RETURN_IF_ERROR(CheckCount(message.alive(), kMaxCandidates, field + ".alive"));
  choice.candidates.reserve(static_cast<size_t>(message.candidates_size()));
  for (const v1::Candidate& part : message.candidates()) {
    auto candidate = ReadCandidate(part);
    if (!candidate.ok()) {
      return base::Status(candidate.status()).Under(fmt::format("{}.candidates[{}].", field, choice.candidates.size()));
    }
    choice.candidates.push_back(*std::move(candidate));
  }
  choice.alive = Numbers(message.alive());
  if (message.has_grammar()) {
    NASSHRINK_ASSIGN_OR_RETURN(CellGrammar grammar, ReadGrammar(message.grammar(), field + ".grammar"));
    choice.grammar.push_back(std::move(grammar));
  } else if (choice.alive.empty()) {
    choice.alive.resize(choice.candidates.size());
    std::iota(choice.alive.begin(), choice.alive.end(), 0U);
  }
  return choice;
}

base::Result<Cell> ReadCell(const v1::Cell& message, const std::string& field) {
  Cell cell;
  cell.key = message.key();
  cell.inputs = message.inputs();
  cell.nodes = message.nodes();
  cell.outputs = Numbers(message.outputs());
  NASSHRINK_RETURN_IF_ERROR(CheckCount(message.edges(), kMaxParts, field + ".edges"));
  for (const v1::CellEdge& edge : message.edges()) cell.edges.push_back({edge.from(), edge.to(), edge.choice()});
  NASSHRINK_RETURN_IF_ERROR(CheckCount(message.node_inputs(), kMaxParts, field + ".node_inputs"));
  for (const v1::NodeInputs& inputs : message.node_inputs())
    cell.node_inputs.push_back({inputs.node(), inputs.choice()});
  if (message.has_preprocess()) {
    NASSHRINK_ASSIGN_OR_RETURN(OperatorDef op, ReadOperator(message.preprocess(), field + ".preprocess"));
    cell.preprocess.push_back(std::move(op));
  }
  return cell;
}

base::Result<Layer> ReadLayer(const v1::Layer& message, const std::string& field) {
  Layer layer;
  layer.key = message.key();
  layer.out_channels = message.out_channels();
  layer.stride = std::max(message.stride(), 1U);
  switch (message.body_case()) {
    case v1::Layer::kFixed: {
      NASSHRINK_ASSIGN_OR_RETURN(layer.body, ReadOperator(message.fixed(), field + ".fixed"));
      return layer;
    }
    case v1::Layer::kChoice:
      layer.body = LayerChoice{message.choice()};
      return layer;
    case v1::Layer::kCell:
      layer.body = LayerCell{message.cell()};
      return layer;
    case v1::Layer::BODY_NOT_SET:
      break;
  }
  return base::Invalid(field + ".body", "nothing", "fixed, choice or cell", "the layer has no body");
}

base::Result<Network> ReadNetwork(const v1::Network& message) {
  Network network;
  network.input_channels = message.input_channels();
  network.input_height = message.input_height();
  network.input_width = message.input_width();
  network.classes = message.classes();
  NASSHRINK_RETURN_IF_ERROR(CheckCount(message.cells(), kMaxCells, "network.cells"));
  for (const v1::Cell& part : message.cells()) {
    NASSHRINK_ASSIGN_OR_RETURN(Cell cell, ReadCell(part, fmt::format("network.cells[{}]", network.cells.size())));
    network.cells.push_back(std::move(cell));
  }
  NASSHRINK_RETURN_IF_ERROR(CheckCount(message.layers(), kMaxLayers, "network.layers"));
  for (const v1::Layer& part : message.layers()) {
    NASSHRINK_ASSIGN_OR_RETURN(Layer layer, ReadLayer(part, fmt::format("network.layers[{}]", network.layers.size())));
    network.layers.push_back(std::move(layer));
  }
  return network;
}

// Before anything is copied: a short message can describe very many empty candidates.
base::Status CheckCandidateTotal(const v1::SearchSpace& message) {
  size_t total = 0;
  for (const v1::Choice& choice : message.choices()) total += static_cast<size_t>(choice.candidates_size());
  if (total <= kMaxAllCandidates) return {};
  return base::Invalid("choices", total, fmt::format("up to {} in all", kMaxAllCandidates), "too many candidates");
}

}  // namespace

base::Result<Space> ParseSpace(std::string_view bytes) {
  if (bytes.size() > kMaxMessageBytes) {
    return base::Error(base::Code::kResourceExhausted, "a search space of {} bytes is above the limit of {}",
                       bytes.size(), kMaxMessageBytes);
  }
  google::protobuf::Arena arena;
  auto& message = *google::protobuf::Arena::CreateMessage<v1::SearchSpace>(&arena);
  if (!ParseMessage(bytes, &message)) {
    return base::Error(base::Code::kInvalidArgument,
                       "the {} bytes are no SearchSpace message: malformed, truncated, nested too deeply or with text "
                       "that is not UTF-8",
                       bytes.size());
  }
  return SpaceFromMessage(message);
}

base::Result<Space> SpaceFromMessage(const v1::SearchSpace& message) {
  if (message.schema_version() != kSchemaVersion) {
    return base::Invalid("schema_version", message.schema_version(), fmt::format("{}", kSchemaVersion),
                         "the message is of another version");
  }
  NASSHRINK_RETURN_IF_ERROR(CheckCount(message.choices(), kMaxChoices, "choices"));
  NASSHRINK_RETURN_IF_ERROR(CheckCount(message.sharing_groups(), kMaxChoices, "sharing_groups"));
  NASSHRINK_RETURN_IF_ERROR(CheckCandidateTotal(message));
  Space space;
  space.name = message.name();
  NASSHRINK_ASSIGN_OR_RETURN(space.network, ReadNetwork(message.network()));
  for (const v1::Choice& part : message.choices()) {
    NASSHRINK_ASSIGN_OR_RETURN(Choice choice, ReadChoice(part, fmt::format("choices[{}]", space.choices.size())));
    space.choices.push_back(std::move(choice));
  }
  for (const v1::SharingGroup& group : message.sharing_groups()) {
    space.sharing_groups.push_back(Numbers(group.choices()));
  }
  NASSHRINK_RETURN_IF_ERROR(Validate(space));
  Finish(space);
  return space;
}

}  // namespace nasshrink::space
