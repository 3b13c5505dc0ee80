#include "score/fusion.h"

#include <cmath>
#include <cstddef>

#include "score/ranks.h"

namespace nasshrink::score {

base::Result<Fusion> FusionFromName(std::string_view name) {
  if (name == "rank_sum" || name == "rank-sum") return Fusion::kRankSum;
  if (name == "log_rank" || name == "log-rank") return Fusion::kLogRank;
  return base::Invalid("fusion", name, "rank_sum or log_rank", "names no way to fuse scores");
}

std::vector<double> Fuse(const std::vector<std::vector<double>>& columns, Fusion fusion) {
  std::vector<double> fused(columns[0].size());
  const auto n = static_cast<double>(fused.size());
  for (const std::vector<double>& column : columns) {
    const std::vector<double> ranks = MidRanks(RankDensely(column));
    for (size_t at = 0; at < fused.size(); ++at) {
      fused[at] += fusion == Fusion::kRankSum ? ranks[at] : std::log(ranks[at] / n);
    }
  }
  return fused;
}

}  // namespace nasshrink::score
