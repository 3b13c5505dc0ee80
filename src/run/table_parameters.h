// Architecture parameters learned from a table of accuracies, in place of gradients through a network.
//
// They climb the exact gradient of the expected accuracy of a child that is drawn by them, choice by choice (what
// REINFORCE estimates). Deterministic; the rate is our decision.
#ifndef NASSHRINK_RUN_TABLE_PARAMETERS_H_
#define NASSHRINK_RUN_TABLE_PARAMETERS_H_

#include <map>

#include "run/backend.h"
#include "space/space.h"

namespace nasshrink::run {

// All zero.
ArchitectureParameters NewTableParameters(const space::Space& space);

// The parameters of a sub-space: those of candidates that are no longer alive are forgotten.
ArchitectureParameters TableParametersFor(const space::Space& space, ArchitectureParameters parameters);

// One step. Children that are not in the table take no part; `accuracy` is in percent.
void ClimbExpectedAccuracy(const space::Space& space, const std::map<space::Architecture, double>& accuracy,
                           ArchitectureParameters* parameters);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_TABLE_PARAMETERS_H_
