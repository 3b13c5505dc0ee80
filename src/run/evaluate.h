// Measures children and operators of a supernet: options messages in, reports out.
//
// Shared by the run engine and the C ABI. Results do not depend on the number of workers or on how children are
// batched into calls.
#ifndef NASSHRINK_RUN_EVALUATE_H_
#define NASSHRINK_RUN_EVALUATE_H_

#include <vector>

#include "base/cancel.h"
#include "base/status.h"
#include "base/worker_pool.h"
#include "nasshrink/v1/score.pb.h"
#include "run/backend.h"
#include "space/space.h"

namespace nasshrink::run {

struct Measuring {
  Dataset* dataset = nullptr;  // nullptr where the back end needs none
  base::WorkerPool* pool = nullptr;
  const base::Cancel* cancel = nullptr;
  StepProgress progress;
};

// Checks metric names, ranges and the angle's options; fields are named inside the message.
base::Status CheckEvaluateOptions(const v1::EvaluateOptions& options);
base::Status CheckScoreOptions(const v1::ScoreOptions& options);

// Metrics in the order asked; none asked means "accuracy".
base::Result<v1::EvaluateReport> EvaluateChildren(Supernet& supernet,
                                                  const std::vector<space::Architecture>& architectures,
                                                  const v1::EvaluateOptions& options, const Measuring& measuring);

// Scores of every alive operator of a table's space: "angle", "macs" or "params".
base::Result<v1::OperatorScores> ScoreTable(const space::Space& space, const score::FactorTable& table,
                                            const v1::ScoreOptions& options, const Measuring& measuring);

// Scores of every alive operator of the supernet's space.
base::Result<v1::OperatorScores> ScoreSupernet(Supernet& supernet, const v1::ScoreOptions& options,
                                               const Measuring& measuring);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_EVALUATE_H_
