// Several scores of the same children made into one by their ranks.
#ifndef NASSHRINK_SCORE_FUSION_H_
#define NASSHRINK_SCORE_FUSION_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace nasshrink::score {

// kRankSum: the sum of mid-ranks. kLogRank: the sum of log(mid-rank / n), which lets one poor rank weigh more than one
// good one (AZ-NAS Eq. 10).
enum class Fusion : uint8_t { kRankSum, kLogRank };

// "rank_sum" or "log_rank", also with a hyphen.
base::Result<Fusion> FusionFromName(std::string_view name);

// Columns of one length, larger is better, no NaN; at least one column.
std::vector<double> Fuse(const std::vector<std::vector<double>>& columns, Fusion fusion);

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_FUSION_H_
