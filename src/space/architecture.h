// Architectures (children): checks, messages, enumeration.
#ifndef NASSHRINK_SPACE_ARCHITECTURE_H_
#define NASSHRINK_SPACE_ARCHITECTURE_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/architecture.pb.h"
#include "space/digits.h"
#include "space/space.h"

namespace nasshrink::space {

// INVALID_ARGUMENT unless there is one alive candidate for every choice.
base::Status CheckArchitecture(const Space& space, const Architecture& architecture);

// Also FAILED_PRECONDITION when the message's root fingerprint is another space's.
base::Result<Architecture> ArchitectureFromMessage(const Space& space, const v1::Architecture& message);
base::Result<std::vector<Architecture>> ArchitecturesFromMessage(const Space& space,
                                                                 const v1::ArchitectureList& message);

// Replace the message.
void ArchitectureToMessage(const Space& space, const Architecture& architecture, v1::Architecture* message);
void ArchitecturesToMessage(const Space& space, const std::vector<Architecture>& architectures,
                            v1::ArchitectureList* message);

// OK when `fingerprint` is empty or the space's root fingerprint; else FAILED_PRECONDITION.
base::Status CheckRootFingerprint(const Space& space, std::string_view fingerprint, std::string_view field);

// FAILED_PRECONDITION when a choice is an open cell grammar: its candidates are not listed, so there is nothing to
// enumerate, draw or cost.
base::Status CheckListed(const Space& space);

// Child `index` in mixed radix over the alive candidates, last choice fastest; index below Children(space). Every
// choice must have listed candidates.
Architecture NthChild(const Space& space, const BigInt& index);

// The form that NthChild writes: choices of edges that are not kept take their first alive candidate.
Architecture Canonical(const Space& space, Architecture architecture);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_ARCHITECTURE_H_
