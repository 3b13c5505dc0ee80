// Windows on costs as messages ask for them.
#ifndef NASSHRINK_SPACE_COST_WINDOWS_H_
#define NASSHRINK_SPACE_COST_WINDOWS_H_

#include <string_view>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/architecture.pb.h"
#include "space/child_filter.h"
#include "space/space.h"

namespace nasshrink::space {

// Quantiles are resolved. `field` is the path of the constraints; `latency` may be null. Errors as CostModel::Make,
// LatencyModel::Make and ChildTimes::Make.
base::Result<std::vector<CostWindow>> WindowsOf(const Space& space,
                                                const google::protobuf::RepeatedPtrField<v1::Constraint>& constraints,
                                                const v1::LatencyTable* latency, std::string_view field);

// A window without ends on the table's latency, by operators or by whole networks. Errors as LatencyModel::Make and
// ChildTimes::Make, and INVALID_ARGUMENT for measured networks none of which is a child of the space.
base::Result<CostWindow> LatencyWindow(const Space& space, const v1::LatencyTable& table);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_COST_WINDOWS_H_
