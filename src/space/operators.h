// The registry of operator kinds: which attributes each takes, where it may stand, what it does to a path.
//
// A kind is a word of the message format; whether a training back end knows it is that back end's business.
#ifndef NASSHRINK_SPACE_OPERATORS_H_
#define NASSHRINK_SPACE_OPERATORS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "space/space.h"

namespace nasshrink::space {

struct AttributeSchema {
  std::string_view name;
  std::string_view help;
  bool required = false;
  // An integer attribute: inclusive range, odd values alone if `odd`.
  int64_t min = 0;
  int64_t max = 0;
  bool odd = false;
  // A text attribute when not empty: the values allowed.
  std::vector<std::string_view> texts;

  const char* type() const { return texts.empty() ? "integer" : "text"; }
};

// Where an operator may stand.
enum Place : uint8_t {
  kOnEdge = 1,   // candidate of a cell's edge
  kAsLayer = 2,  // candidate of a layer
  kAsFixed = 4,  // fixed layer
  kInGraph = 8,  // primitive of an operator graph
};

struct OperatorKind {
  std::string_view name;
  std::string_view help;
  uint8_t places = 0;  // bits of Place
  std::vector<AttributeSchema> attributes;
  // Inputs of a primitive; 0 is two or more.
  uint32_t arity = 1;
};

// All kinds, ascending by name.
const std::vector<OperatorKind>& OperatorKinds();
// Null when there is none.
const OperatorKind* FindOperatorKind(std::string_view name);

// Kind, place, attributes and graph. `field` is the path of the operator.
base::Status CheckOperator(const OperatorDef& op, Place place, std::string_view field);

// For building spaces: `MakeOperator("relu_conv_bn", {{"kernel", 3}})`.
OperatorDef MakeOperator(std::string_view kind, std::vector<Attribute> attributes = {});

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_OPERATORS_H_
