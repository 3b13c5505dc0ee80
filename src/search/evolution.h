// One generation of SPOS evolution (Sec. 3.4, Algorithm 1, and the published code).
#ifndef NASSHRINK_SEARCH_EVOLUTION_H_
#define NASSHRINK_SEARCH_EVOLUTION_H_

#include <cstdint>
#include <vector>

#include "search/fresh_children.h"
#include "search/settings.h"
#include "space/space.h"

namespace nasshrink::search {

// `count` children never seen before, fewer only when the space has no more: mutations of parents (each gene redrawn
// from its alive candidates with the mutation probability, possibly the same), crossovers of two parents (each gene
// from either with 1/2), at most ten tries a wanted child each, and random children for the rest. Without parents all
// are random.
std::vector<space::Architecture> NextGeneration(const space::Space& space, const Settings& settings,
                                                const std::vector<space::Architecture>& parents, uint64_t count,
                                                FreshChildren& fresh);

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_EVOLUTION_H_
