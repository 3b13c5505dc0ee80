// Local search: from a child to a better neighbour, and from a child without one to a new random child.
#ifndef NASSHRINK_SEARCH_LOCAL_SEARCH_H_
#define NASSHRINK_SEARCH_LOCAL_SEARCH_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "search/algorithm.h"
#include "space/hamming.h"

namespace nasshrink::search {

// Neighbours are the children within `radius` (space/hamming.h) that meet the constraints. With first improvement they
// are asked for `batch` at a time in random order, and the search goes on from the best of those that beat the centre;
// with best improvement all are asked for, and it goes on from the best of all. Children that are known count with
// what was told. It begins at the best warm start, else at a random child.
class LocalSearch : public Algorithm {
 public:
  // INVALID_ARGUMENT when there are more than 1,000,000 neighbours.
  static base::Result<std::unique_ptr<LocalSearch>> Make(const space::Space& space, Settings settings);

  std::vector<space::Architecture> NextRound(const History& history, uint64_t most, FreshChildren& fresh) override;
  void Save(v1::SearcherState* state) const override;
  base::Status Load(const v1::SearcherState& state, const History& history) override;

 private:
  LocalSearch(const space::Space& space, Settings settings) : space_(space), settings_(std::move(settings)) {}

  void MoveTo(uint64_t center, FreshChildren& fresh);
  void ListNeighbours(const History& history, const FreshChildren& fresh);
  // The best of what was told since the last look, if it beats the centre; 0 for none.
  uint64_t BetterSinceLastLook(const History& history) const;
  // The best of the neighbours, if it beats the centre; 0 for none.
  uint64_t BetterNeighbour(const History& history, const FreshChildren& fresh) const;
  std::vector<space::Architecture> FreshNeighbours(const History& history, uint64_t most, FreshChildren& fresh,
                                                   uint64_t* better);

  space::Space space_;
  Settings settings_;
  uint64_t center_ = 0;     // number of a trial; 0 before the first
  uint64_t next_look_ = 1;  // trials from this number on have not been looked at
  uint64_t shuffle_ = 0;    // number of the draw that orders the neighbours
  uint64_t position_ = 0;   // neighbours looked at
  // Made from the above when needed.
  std::optional<space::HammingBall> ball_;
  std::vector<uint32_t> order_;
};

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_LOCAL_SEARCH_H_
