// Scores of candidate operators from the scores of the children that contain them (ABS Sec. 3.3).
//
// Exact by enumeration while the space is small enough (8 bytes a child), else from children drawn uniformly among
// those with the operator. Higher is better. What a child's score is, the caller's function knows; this file knows only
// how to gather. Results do not depend on the number of workers.
#ifndef NASSHRINK_SCORE_OPERATOR_SCORES_H_
#define NASSHRINK_SCORE_OPERATOR_SCORES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/status.h"
#include "base/worker_pool.h"
#include "nasshrink/v1/score.pb.h"
#include "score/aggregation.h"
#include "score/angle.h"
#include "space/space.h"

namespace nasshrink::score {

// How children are drawn for operators where there are too many to enumerate. kIndependent: for each operator its own.
// kSwap: one draw for all, into which each operator is written in turn (common random numbers). Both are uniform
// over the children with the operator, so scores have the same errors; under kSwap the errors of two operators are
// nearly the same, so their difference has a much smaller one. kBalanced: every child serves all its operators, each of
// which has at least samples_per_operator of them (score/balanced_children.h); for scores that take long.
enum class Sampling : uint8_t { kIndependent, kSwap, kBalanced };

// "independent" (also ""), "swap" or "balanced".
base::Result<Sampling> SamplingFromName(std::string_view name);

// Writes the scores of `count` children (row-major candidates); NaN for one that could not be scored, which is then
// left out. Called from several threads at once when the pool has several workers.
using BlockScorer = std::function<base::Status(const uint32_t* candidates, size_t count, double* scores)>;
using ScoreProgress = std::function<void(uint64_t done, uint64_t total)>;

struct OperatorScoring {
  std::string metric = "angle";
  Aggregation aggregation = Aggregation::kMean;
  uint64_t seed = 0;
  uint64_t enumerate_up_to = 10'000'000;
  Sampling sampling = Sampling::kIndependent;
  uint32_t samples_per_operator = 1000;  // ABS Sec. 4.2
  // Above 0, samples are doubled until every operator is at least this many standard errors of the difference below
  // the best of its choice, or there are `max_samples_per_operator`.
  double significance = 0;
  uint32_t max_samples_per_operator = 0;
  // Children given to the function at once.
  size_t block = 4096;
  base::WorkerPool* pool = nullptr;  // nullptr: the calling thread alone
  const base::Cancel* cancel = nullptr;
  ScoreProgress progress;
};

// Every alive candidate, by (choice, candidate). FAILED_PRECONDITION for an open cell grammar, UNIMPLEMENTED for cells
// whose nodes choose the edges they keep. An operator none of whose children could be scored gets NaN.
// Sampled scores carry a standard error (score/aggregation.h) and that of their distance from the best of the choice.
base::Result<v1::OperatorScores> ScoreOperators(const space::Space& space, const BlockScorer& scorer,
                                                const OperatorScoring& scoring);

// Angles as a block scorer; `scorer` must outlive it.
BlockScorer AngleBlocks(const AngleScorer& scorer);

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_OPERATOR_SCORES_H_
