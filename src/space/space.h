// The search space as plain values: choices, candidates, how they wire up.
//
// These types mirror proto/nasshrink/v1/space.proto (where every field is documented) without protobuf, so that
// the torch back end can read a space across the library border. A Space made by space/codec.h or
// space/presets.h is valid (space/validate.h says what that means); nothing here checks again.
#ifndef NASSHRINK_SPACE_SPACE_H_
#define NASSHRINK_SPACE_SPACE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace nasshrink::space {

struct Attribute {
  std::string name;
  std::variant<int64_t, double, std::string> value;
};

struct Primitive {
  std::string kind;
  std::vector<uint32_t> inputs;
  std::vector<Attribute> attributes;
};

struct OperatorDef {
  std::string kind;
  std::vector<Attribute> attributes;  // ascending by name
  std::vector<Primitive> graph;

  // The attribute's value, or `otherwise` when absent.
  int64_t Integer(std::string_view name, int64_t otherwise) const;
  std::string Text(std::string_view name, std::string_view otherwise) const;
};

enum class Merge : uint8_t { kSum, kProduct };

struct CandidateEdge {
  uint32_t from = 0;
  uint32_t to = 0;
  OperatorDef op;
};

struct CellCandidate {
  uint32_t nodes = 0;
  std::vector<CandidateEdge> edges;
  uint32_t ratio = 1;
  std::vector<Merge> merges;
};

struct EdgeSubset {
  std::vector<uint32_t> edges;
};

struct Candidate {
  int32_t code = 0;
  std::string label;
  std::variant<OperatorDef, CellCandidate, EdgeSubset> body;

  const OperatorDef* op() const { return std::get_if<OperatorDef>(&body); }
};

struct CellGrammar {
  uint32_t nodes = 0;
  std::vector<OperatorDef> operators;
  std::vector<uint32_t> ratios;
  std::vector<Merge> merges;
  bool merge_per_node = false;
  uint64_t max_macs = 0;
};

struct Choice {
  std::string key;
  std::vector<Candidate> candidates;
  std::vector<uint32_t> alive;       // root indices, ascending, never empty unless `grammar` is set
  std::vector<CellGrammar> grammar;  // none or one
};

struct CellEdge {
  uint32_t from = 0;
  uint32_t to = 0;
  uint32_t choice = 0;
};

struct NodeInputs {
  uint32_t node = 0;
  uint32_t choice = 0;
};

struct Cell {
  std::string key;
  uint32_t inputs = 1;
  uint32_t nodes = 0;
  std::vector<CellEdge> edges;  // ascending by (to, from)
  std::vector<NodeInputs> node_inputs;
  std::vector<uint32_t> outputs;
  std::vector<OperatorDef> preprocess;  // none or one
};

struct LayerChoice {
  uint32_t choice = 0;
};
struct LayerCell {
  uint32_t cell = 0;
};

struct Layer {
  std::string key;
  std::variant<OperatorDef, LayerChoice, LayerCell> body;
  uint32_t out_channels = 0;  // 0: as many as come in
  uint32_t stride = 1;
};

struct Network {
  uint32_t input_channels = 0;
  uint32_t input_height = 0;
  uint32_t input_width = 0;
  uint32_t classes = 0;
  std::vector<Cell> cells;
  std::vector<Layer> layers;
};

using Fingerprint = std::string;  // 32 bytes, SHA-256

struct Space {
  std::string name;
  Network network;
  std::vector<Choice> choices;
  std::vector<std::vector<uint32_t>> sharing_groups;

  // Set by space/codec.h when the space is finished (see space/codec.h Finish).
  Fingerprint root_fingerprint;
  Fingerprint children_fingerprint;
  Fingerprint full_fingerprint;

  size_t OperatorCount() const;  // alive candidates over all choices
};

// One candidate (root index) of every choice.
using Architecture = std::vector<uint32_t>;

// True for the candidate that breaks a path (NAS-Bench-201's "none", AutoSpace's "zero").
bool BreaksPath(const Candidate& candidate);

// "0 3 2 1 0 4": operator codes separated by spaces.
std::string CodesOf(const Space& space, const Architecture& architecture);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_SPACE_H_
