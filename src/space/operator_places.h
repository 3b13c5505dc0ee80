// Every operator that a space's networks can have, with the shapes it stands between: what a latency table has to know.
//
// Sums at the nodes of a network's cells and concatenations are nobody's operator and are left out.
#ifndef NASSHRINK_SPACE_OPERATOR_PLACES_H_
#define NASSHRINK_SPACE_OPERATOR_PLACES_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "space/operator_key.h"
#include "space/space.h"

namespace nasshrink::space {

struct PlacedOperator {
  std::variant<OperatorDef, CellCandidate> body;
  OperatorPlace place;
  std::string key;
  bool on_edge = false;  // of a network's cell, where it was met first
};

struct OperatorUse {
  uint32_t op = 0;     // index into OperatorPlaces::operators
  uint32_t layer = 0;  // of the network
};

struct OperatorPlaces {
  std::vector<PlacedOperator> operators;  // each key once, in the order of the layers
  std::vector<OperatorUse> fixed;         // the parts that every child has, cells' preprocessing included
  // [choice][candidate]: one for each layer and edge that uses the choice. None for candidates that pick a node's
  // inputs and for operators that do nothing (`none`, an identity that keeps the shape).
  std::vector<std::vector<std::vector<OperatorUse>>> choices;
};

// For an input of this size. FAILED_PRECONDITION for an open cell grammar, UNIMPLEMENTED as CostModel::Make. Dropped
// candidates are there, too.
base::Result<OperatorPlaces> PlacesOf(const Space& space, uint32_t height, uint32_t width);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_OPERATOR_PLACES_H_
