// The spaces of the literature as messages, put together field by field.
#ifndef NASSHRINK_TESTS_SPACE_PUBLISHED_SPACES_H_
#define NASSHRINK_TESTS_SPACE_PUBLISHED_SPACES_H_

#include <cstdint>

#include "nasshrink/v1/space.pb.h"
#include "space/space.h"

namespace nasshrink::tests {

// NAS-Bench-201 with C=16, N=5 and 10 classes, through the preset; fails the process if it cannot be made.
space::Space NasBench201();

// ProxylessNAS on GPU (what ABS and SE-NAS shrink) and on mobile: 21 layers, identity except first in a stage.
v1::SearchSpace ProxylessGpu();
v1::SearchSpace ProxylessMobile();
// 19 layers without identity.
v1::SearchSpace FairNas();
// 22 layers, the first of its own kind; large: expansions 1..6 and a thinner stem.
v1::SearchSpace PadNas(bool large);
// SPOS's ShuffleNet-like chain: 20 layers, 4 candidates.
v1::SearchSpace SposShuffleNet();
// 8 layers, 3 candidates, CIFAR-10.
v1::SearchSpace NasBenchMacro();
// Two cells, a choice an edge and a choice of two inputs a node.
v1::SearchSpace DartsPairs();
// One table of 14 edges with 8 operators, used by both cells.
v1::SearchSpace DartsShared();
// AutoSpace before anything is learned, and with nine cells a layer.
v1::SearchSpace AutoSpaceOpen(uint32_t layers);
v1::SearchSpace AutoSpaceLearned(uint32_t layers);

}  // namespace nasshrink::tests

#endif  // NASSHRINK_TESTS_SPACE_PUBLISHED_SPACES_H_
