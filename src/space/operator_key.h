// The name under which a latency table knows an operator: what it is, between which shapes, at which stride.
//
//   mb_block expansion=6 kernel=3 in=16x112x112 out=24x56x56 stride=2
//   graph[conv<0 kernel=1; relu<1] in=16x32x32 out=16x32x32 stride=1
//   cell[nodes=3 ratio=1 merges=sum; 1<0 conv kernel=3; 2<0 none; 2<1 identity] in=...
//   label k3_e1_g2 in=16x32x32 out=16x32x32 stride=1
//
// Shapes are channels, height, width. Attributes are those the operator spells out, ascending by name. Equal keys mean
// equal work, labels aside, whose meaning is the table's. Keys are frozen: files hold them.
#ifndef NASSHRINK_SPACE_OPERATOR_KEY_H_
#define NASSHRINK_SPACE_OPERATOR_KEY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "space/space.h"
#include "space/validate_network.h"

namespace nasshrink::space {

struct OperatorPlace {
  Shape in;
  Shape out;
  uint32_t stride = 1;
};

std::string OperatorKey(const std::variant<OperatorDef, CellCandidate>& body, const OperatorPlace& place);
std::string LabelKey(std::string_view label, const OperatorPlace& place);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_OPERATOR_KEY_H_
