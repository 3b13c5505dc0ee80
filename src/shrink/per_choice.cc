#include "shrink/per_choice.h"

#include <algorithm>
#include <map>

namespace nasshrink::shrink {

std::vector<ScoredOperator> PerChoiceDrops(std::vector<ScoredOperator> operators, uint32_t drop, double significance) {
  SortForDropping(operators);
  std::stable_sort(operators.begin(), operators.end(),
                   [](const ScoredOperator& a, const ScoredOperator& b) { return a.choice < b.choice; });
  std::map<uint32_t, size_t> left;
  for (const ScoredOperator& scored : operators) ++left[scored.choice];
  std::map<uint32_t, uint32_t> dropped;
  std::vector<ScoredOperator> drops;
  for (const ScoredOperator& scored : operators) {
    if (--left[scored.choice] == 0 || dropped[scored.choice] == drop || !IsInferior(scored, significance)) continue;
    ++dropped[scored.choice];
    drops.push_back(scored);
  }
  return drops;
}

}  // namespace nasshrink::shrink
