// Alive candidates of every choice in an order in which neighbours are alike, for mutation to near places.
#ifndef NASSHRINK_SEARCH_GENE_ORDER_H_
#define NASSHRINK_SEARCH_GENE_ORDER_H_

#include <cstdint>
#include <vector>

#include "space/space.h"

namespace nasshrink::search {

// Ascending by (kernel, expansion, root index), identity last. Immutable.
class GeneOrder {
 public:
  explicit GeneOrder(const space::Space& space);

  uint32_t Size(size_t choice) const { return static_cast<uint32_t>(candidates_[choice].size()); }
  uint32_t Candidate(size_t choice, uint32_t place) const { return candidates_[choice][place]; }
  // The candidate must be alive.
  uint32_t Place(size_t choice, uint32_t candidate) const { return places_[choice][candidate]; }

 private:
  std::vector<std::vector<uint32_t>> candidates_;
  std::vector<std::vector<uint32_t>> places_;  // by root candidate
};

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_GENE_ORDER_H_
