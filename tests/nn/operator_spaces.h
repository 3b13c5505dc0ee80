// Small spaces around one operator, and the operators to put there.
#ifndef NASSHRINK_TESTS_NN_OPERATOR_SPACES_H_
#define NASSHRINK_TESTS_NN_OPERATOR_SPACES_H_

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "space/operators.h"
#include "space/space.h"

namespace nasshrink::nn {

// Sizes around an operator: a picture of `side` with kOperatorChannels channels comes in.
inline constexpr uint32_t kOperatorChannels = 4;
struct OperatorSite {
  uint32_t out = kOperatorChannels;
  uint32_t stride = 1;
  uint32_t side = 6;
};

struct OperatorCase {
  std::string name;  // letters, digits and underscores
  space::Place place = space::kOnEdge;
  space::OperatorDef op;
  OperatorSite site;
};

// For GoogleTest's messages.
void PrintTo(const OperatorCase& one, std::ostream* out);

// Every kind of the registry in every place with every attribute, where the shape stays, where the channels grow and
// where the picture is halved (from an even and an odd side).
std::vector<OperatorCase> OperatorCases();

// Stem, the operator, pool, classifier. As a candidate it is the second of two. On edges it is chosen twice in a cell
// of four nodes, once behind the input and once behind a node.
space::Space SpaceAround(const OperatorCase& one);
// The child that uses the operator.
space::Architecture ChildWith(const space::Space& space);

// Convolution and batch norm, a small stem: 2 channels come in.
space::Space StartSpace(uint32_t side, std::string_view activation);
// Pool and classifier; finishes and validates the space.
space::Space EndSpace(space::Space space);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_TESTS_NN_OPERATOR_SPACES_H_
