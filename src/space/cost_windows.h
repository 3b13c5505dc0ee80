// Windows on costs as messages ask for them.
#ifndef NASSHRINK_SPACE_COST_WINDOWS_H_
#define NASSHRINK_SPACE_COST_WINDOWS_H_

#include <string_view>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/architecture.pb.h"
#include "space/additive_cost.h"
#include "space/space.h"

namespace nasshrink::space {

// Quantiles are resolved. `field` is the path of the constraints; `latency` may be null. UNIMPLEMENTED as
// CostModel::Make.
base::Result<std::vector<CostWindow>> WindowsOf(const Space& space,
                                                const google::protobuf::RepeatedPtrField<v1::Constraint>& constraints,
                                                const v1::LatencyTable* latency, std::string_view field);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_COST_WINDOWS_H_
