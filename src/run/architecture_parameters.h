// Learned architecture parameters as messages, and the child they stand for.
#ifndef NASSHRINK_RUN_ARCHITECTURE_PARAMETERS_H_
#define NASSHRINK_RUN_ARCHITECTURE_PARAMETERS_H_

#include "base/status.h"
#include "nasshrink/v1/plan.pb.h"
#include "run/backend.h"
#include "search/derive.h"
#include "space/space.h"

namespace nasshrink::run {

void ParametersToMessage(const space::Space& space, const ArchitectureParameters& parameters,
                         v1::ArchitectureParameters* message);

// INVALID_ARGUMENT for a rule that is not known.
base::Result<search::DeriveOptions> ResolveDerive(const v1::DeriveOptions& message);

// The child of the space that the parameters stand for. INVALID_ARGUMENT for parameters of another root space and for
// numbers that are not finite.
base::Result<space::Architecture> DeriveChild(const space::Space& space, const v1::ArchitectureParameters& message,
                                              const v1::DeriveOptions& options);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_ARCHITECTURE_PARAMETERS_H_
