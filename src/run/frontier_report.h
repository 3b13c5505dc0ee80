// The shrinking frontier as messages: truth in, the best sub-space of every size and the places of shrink paths out.
#ifndef NASSHRINK_RUN_FRONTIER_REPORT_H_
#define NASSHRINK_RUN_FRONTIER_REPORT_H_

#include "base/cancel.h"
#include "base/status.h"
#include "base/worker_pool.h"
#include "nasshrink/v1/frontier.pb.h"
#include "space/space.h"

namespace nasshrink::run {

// INVALID_ARGUMENT for truth that does not fit the children or is not finite, a child given twice, a path that drops
// what is not there or the last operator of a choice, or more product sub-spaces than can be enumerated
// (score/frontier.h); FAILED_PRECONDITION when a child is missing, for children of another root, for cells whose nodes
// choose their edges and for an open cell grammar.
base::Result<v1::FrontierReport> FrontierOf(const space::Space& space, const v1::FrontierInput& input,
                                            base::WorkerPool* pool, const base::Cancel* cancel);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_FRONTIER_REPORT_H_
