// Children of a chain as a tree of their layers: children that agree in their first layers share them.
//
// Evaluated on the same images, all that a shared layer computes is the same for the children below it.
#ifndef NASSHRINK_NN_CHILD_TREE_H_
#define NASSHRINK_NN_CHILD_TREE_H_

#include <cstdint>
#include <vector>

#include "space/space.h"

namespace nasshrink::nn {

// No cells: layers one after another.
bool IsChain(const space::Space& space);

class ChildTree {
 public:
  struct Node {
    uint32_t layer = 0;      // of network.layers
    uint32_t candidate = 0;  // where the layer is a choice
    std::vector<uint32_t> next;
  };

  // `space` must outlive the tree and be a chain.
  explicit ChildTree(const space::Space& space) : space_(space) {}

  // Returns the node of the child's last layer.
  uint32_t Add(const space::Architecture& child);
  const std::vector<Node>& nodes() const { return nodes_; }
  // The first layer's nodes.
  const std::vector<uint32_t>& first() const { return first_; }

 private:
  const space::Space& space_;
  std::vector<Node> nodes_;
  std::vector<uint32_t> first_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_CHILD_TREE_H_
