// What `nasshrink arch cost` shows about a child.
#ifndef NASSHRINK_SPACE_COST_REPORT_H_
#define NASSHRINK_SPACE_COST_REPORT_H_

#include "base/status.h"
#include "nasshrink/v1/architecture.pb.h"
#include "space/cost.h"
#include "space/space.h"

namespace nasshrink::space {

// The model that a query asks for.
base::Result<CostModel> CostModelFor(const Space& space, const v1::CostQuery& query);

// The architecture and `query.latency` are checked against the space.
base::Result<v1::CostReport> CostOf(const Space& space, const CostModel& model, const Architecture& architecture,
                                    const v1::CostQuery& query);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_COST_REPORT_H_
