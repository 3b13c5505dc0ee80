// Counting and drawing children as messages ask for it.
#ifndef NASSHRINK_SPACE_SAMPLE_CHILDREN_H_
#define NASSHRINK_SPACE_SAMPLE_CHILDREN_H_

#include <vector>

#include "base/status.h"
#include "nasshrink/v1/architecture.pb.h"
#include "space/space.h"

namespace nasshrink::space {

// Purpose kSampleSpace; child i does not depend on how many are asked. "constraints[i]..." is the field path of errors.
// FAILED_PRECONDITION when no child meets the constraints; at most 10,000,000 children a call.
base::Result<std::vector<Architecture>> SampleChildren(const Space& space, const v1::SampleOptions& options);

base::Result<v1::CountReport> CountChildren(const Space& space, const v1::CountOptions& options);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_SAMPLE_CHILDREN_H_
