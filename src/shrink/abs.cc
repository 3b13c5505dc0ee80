#include "shrink/abs.h"

#include <map>

namespace nasshrink::shrink {

std::vector<ScoredOperator> AbsDrops(std::vector<ScoredOperator> operators, uint32_t drop, double significance) {
  SortForDropping(operators);
  std::map<uint32_t, size_t> later;  // of the same choice, this one included
  for (const ScoredOperator& scored : operators) ++later[scored.choice];
  std::vector<ScoredOperator> drops;
  for (const ScoredOperator& scored : operators) {
    if (drops.size() == drop) break;
    if (--later[scored.choice] > 0 && IsInferior(scored, significance)) drops.push_back(scored);
  }
  return drops;
}

}  // namespace nasshrink::shrink
