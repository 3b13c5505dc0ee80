// SE-NAS Eq. 7: operators scored by importance and confidence, for the walk of shrink/abs.h.
//
// The importance of an operator is its mean accuracy over sampled children, which comes as its score; the confidence of
// a choice is the population variance of importance over its operators. Choices with one operator are left out of all
// means and ranges. How the two combine, the paper's formula and its text say differently; docs/methods.md has the
// readings and what each of them does to real accuracies.
#ifndef NASSHRINK_SHRINK_SE_NAS_H_
#define NASSHRINK_SHRINK_SE_NAS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "shrink/scored_operators.h"

namespace nasshrink::shrink {

// SI importance, SC confidence; means and ranges are over all operators scored.
//   kTimesSd       ((SI - mean) / range) sqrt(SC / mean)
//   kSignedRatio   ((SI - mean) / range) / (SC / mean)
//   kRatioOfMeans  (SI / mean) / (SC / mean)
//   kSiOnly        SI
//   kLiteral       ((SI - mean) / range) / ((SC - mean) / range)
enum class Combination : uint8_t { kTimesSd, kSignedRatio, kRatioOfMeans, kSiOnly, kLiteral };

// "times_sd" (also ""), "signed_ratio", "ratio_of_means", "si_only" or "literal".
base::Result<Combination> CombinationFromName(std::string_view name);

// The same operators with combined scores, those of choices with one operator as they were. Denominators nearer to 0
// than 1e-12 are taken as 1e-12 of their sign. Errors are scaled to first order, means and confidence held fixed.
std::vector<ScoredOperator> Combine(std::vector<ScoredOperator> operators, Combination combination);

}  // namespace nasshrink::shrink

#endif  // NASSHRINK_SHRINK_SE_NAS_H_
