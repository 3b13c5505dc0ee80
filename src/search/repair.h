// Brings a child that breaks the constraints back inside them with few changes, in place of throwing it away.
#ifndef NASSHRINK_SEARCH_REPAIR_H_
#define NASSHRINK_SEARCH_REPAIR_H_

#include "base/random.h"
#include "search/fresh_children.h"
#include "space/space.h"

namespace nasshrink::search {

// A child that meets the constraints; `child` itself when it does. Our decision, after the usual greedy repair: one
// candidate after another is changed, a random one of those that bring the child inside, else the one that brings it
// nearest; where no single change brings it nearer, it takes candidates of a uniformly drawn child that meets the
// constraints, one choice after another in random order, until it does.
space::Architecture Repaired(const space::Space& space, space::Architecture child, FreshChildren& fresh,
                             base::Philox& random);

}  // namespace nasshrink::search

#endif  // NASSHRINK_SEARCH_REPAIR_H_
