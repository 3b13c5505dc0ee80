// The plans of the four published systems as messages.
#ifndef NASSHRINK_TESTS_RUN_PUBLISHED_PLANS_H_
#define NASSHRINK_TESTS_RUN_PUBLISHED_PLANS_H_

#include "nasshrink/v1/plan.pb.h"

namespace nasshrink::tests {

// ABS on the MobileNet space: 100 epochs, then 5 after each of the drops of 7, until 10^6 children; W0 taken afresh
// once, after more than 50 drops; search and the two best from scratch.
v1::RunPlan AbsPlan();
// PAD-NAS: train 120 epochs, NSGA-II, drop what is rare on the first nine fronts, train 80 epochs; again with 40.
v1::RunPlan PadNasPlan();
// SE-NAS: train with averaged snapshots, score accuracy, drop 10 by Eq. 7, merge small neighbours; until 10^5 children.
v1::RunPlan SeNasPlan();
// AutoSpace: evolve the cells of every layer near a reference cell, then without it; ProxylessNAS in what is learned.
v1::RunPlan AutoSpacePlan();

}  // namespace nasshrink::tests

#endif  // NASSHRINK_TESTS_RUN_PUBLISHED_PLANS_H_
