#include "score/ranking.h"

#include <algorithm>
#include <numeric>

#include "score/statistics.h"

namespace nasshrink::score {
namespace {

std::vector<double> At(const std::vector<double>& values, const std::vector<size_t>& positions) {
  std::vector<double> picked;
  picked.reserve(positions.size());
  for (const size_t position : positions) picked.push_back(values[position]);
  return picked;
}

double RegretOf(const std::vector<double>& scores, const std::vector<double>& truth) {
  const double largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  double count = 0;
  for (size_t at = 0; at < scores.size(); ++at) {
    if (scores[at] != largest) continue;
    sum += truth[at];
    ++count;
  }
  return *std::max_element(truth.begin(), truth.end()) - sum / count;
}

}  // namespace

std::vector<size_t> LargestOf(const std::vector<double>& values, size_t count) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto better = [&](size_t a, size_t b) { return values[a] != values[b] ? values[a] > values[b] : a < b; };
  const auto end = order.begin() + static_cast<ptrdiff_t>(count);
  std::nth_element(order.begin(), end, order.end(), better);
  order.resize(count);
  std::sort(order.begin(), order.end());
  return order;
}

Ranking RankingOf(const std::vector<double>& scores, const std::vector<double>& truth,
                  const std::vector<double>& third) {
  Ranking ranking;
  ranking.tau_b = JackknifedTauB(scores, truth);
  ranking.spearman = JackknifedSpearman(scores, truth);
  const std::vector<size_t> half = LargestOf(truth, truth.size() / 2);
  ranking.tau_top_half = JackknifedTauB(At(scores, half), At(truth, half));
  ranking.tau_equal = JackknifedTauAmongEqual(scores, truth, third);
  ranking.regret = RegretOf(scores, truth);
  return ranking;
}

}  // namespace nasshrink::score
