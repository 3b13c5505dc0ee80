// Which choices of a child have a meaning, the form children are compared in, and sums of additive costs over them.
//
// The same as space/architecture.h Canonical and space/cost_levels.h, made once for a space so that a search can ask
// for every child it breeds.
#ifndef NASSHRINK_SPACE_CHILD_FORM_H_
#define NASSHRINK_SPACE_CHILD_FORM_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "space/additive_cost.h"
#include "space/space.h"

namespace nasshrink::space {

// FNV-1a over the candidates, for tables of children.
struct ChildHash {
  size_t operator()(const Architecture& child) const;
};

// Immutable. Children have one alive candidate for every choice.
class ChildForm {
 public:
  explicit ChildForm(const Space& space);

  // Edges that their node does not keep take their first alive candidate.
  void Canonicalise(Architecture* child) const;
  // By choice: 0 for the edges that their node does not keep.
  std::vector<uint8_t> Open(const Architecture& child) const;
  // The fixed part and the candidates of all open choices.
  int64_t Sum(const AdditiveCost& cost, const Architecture& child) const;

 private:
  // A choice that picks a node's inputs.
  struct Node {
    uint32_t choice = 0;
    std::vector<uint32_t> edges;
    std::vector<std::vector<uint32_t>> open;  // by root candidate
  };

  std::vector<uint32_t> first_;   // alive candidate by choice
  std::vector<uint32_t> always_;  // choices that are no edge of a node that picks
  std::vector<Node> nodes_;
};

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_CHILD_FORM_H_
