// Networks whose multiply-adds and parameters are published, with the space that each is a child of.
#ifndef NASSHRINK_TESTS_SPACE_PUBLISHED_NETWORKS_H_
#define NASSHRINK_TESTS_SPACE_PUBLISHED_NETWORKS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "space/space.h"

namespace nasshrink::tests {

struct PublishedNetwork {
  std::string name;
  space::Space space;
  std::string codes;  // notation "ops"
  uint64_t macs = 0;  // at 224x224
  uint64_t params = 0;
};

// On pictures of `side`, a multiple of 32; parameters do not depend on it.
std::vector<PublishedNetwork> PublishedNetworks(uint32_t side = 224);

// The ImageNet net of ABS with an operator of its own on every edge of both cells, `none` among them.
space::Space DartsEdges(uint32_t channels, uint32_t side = 224);

}  // namespace nasshrink::tests

#endif  // NASSHRINK_TESTS_SPACE_PUBLISHED_NETWORKS_H_
