// The ranking report: scores of children against their true accuracies, always beside what counting alone gives.
//
// It never measures anything; scores and truth come with the input.
#ifndef NASSHRINK_RUN_RANKING_REPORT_H_
#define NASSHRINK_RUN_RANKING_REPORT_H_

#include "base/status.h"
#include "base/worker_pool.h"
#include "nasshrink/v1/ranking.pb.h"
#include "space/space.h"

namespace nasshrink::run {

// `pool` may be nullptr. INVALID_ARGUMENT for columns that do not fit the children, an infinite number, or fusion that
// is missing or unknown; FAILED_PRECONDITION when fewer than two rows have a truth and all scores, for children of
// another root, and for an open cell grammar.
base::Result<v1::RankReport> RankChildren(const space::Space& space, const v1::RankInput& input,
                                          base::WorkerPool* pool);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_RANKING_REPORT_H_
