#include "score/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace nasshrink::score {
namespace {

uint64_t PairsOf(uint64_t values) { return values * (values - 1) / 2; }

// Pairs of equal values in sorted order, by any notion of equal.
template <typename Equal>
uint64_t TiedPairs(size_t count, const Equal& equal) {
  uint64_t tied = 0;
  size_t start = 0;
  for (size_t at = 1; at <= count; ++at) {
    if (at < count && equal(start, at)) continue;
    tied += PairsOf(at - start);
    start = at;
  }
  return tied;
}

// Sorts values and returns the number of strict inversions.
uint64_t SortCountingInversions(std::vector<double>* values) {
  std::vector<double> merged(values->size());
  uint64_t inversions = 0;
  for (size_t width = 1; width < values->size(); width *= 2) {
    for (size_t low = 0; low < values->size(); low += 2 * width) {
      const size_t middle = std::min(low + width, values->size());
      const size_t high = std::min(low + 2 * width, values->size());
      size_t left = low;
      size_t right = middle;
      for (size_t to = low; to < high; ++to) {
        if (right == high || (left < middle && (*values)[left] <= (*values)[right])) {
          merged[to] = (*values)[left++];
        } else {
          merged[to] = (*values)[right++];
          inversions += middle - left;
        }
      }
    }
    values->swap(merged);
  }
  return inversions;
}

// Ranks from 1, equal values share the middle of theirs.
std::vector<double> MidRanks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t start = 0; start < order.size();) {
    size_t end = start;
    while (end < order.size() && values[order[end]] == values[order[start]]) ++end;
    for (size_t at = start; at < end; ++at) {
      ranks[order[at]] = static_cast<double>(start + end + 1) / 2;
    }
    start = end;
  }
  return ranks;
}

}  // namespace

PairCounts CountPairs(const std::vector<double>& first, const std::vector<double>& second) {
  PairCounts pairs;
  const size_t count = first.size();
  if (count < 2) return pairs;
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return first[a] != first[b] ? first[a] < first[b] : second[a] < second[b]; });
  pairs.all = PairsOf(count);
  pairs.tied_in_first = TiedPairs(count, [&](size_t a, size_t b) { return first[order[a]] == first[order[b]]; });
  const uint64_t tied_in_both = TiedPairs(count, [&](size_t a, size_t b) {
    return first[order[a]] == first[order[b]] && second[order[a]] == second[order[b]];
  });
  std::vector<double> values(count);
  for (size_t at = 0; at < count; ++at) values[at] = second[order[at]];
  pairs.discordant = SortCountingInversions(&values);
  pairs.tied_in_second = TiedPairs(count, [&](size_t a, size_t b) { return values[a] == values[b]; });
  pairs.concordant = pairs.all - pairs.tied_in_first - pairs.tied_in_second + tied_in_both - pairs.discordant;
  return pairs;
}

double KendallTauB(const PairCounts& pairs) {
  const auto varied_first = static_cast<double>(pairs.all - pairs.tied_in_first);
  const auto varied_second = static_cast<double>(pairs.all - pairs.tied_in_second);
  if (varied_first == 0 || varied_second == 0) return std::numeric_limits<double>::quiet_NaN();
  return (static_cast<double>(pairs.concordant) - static_cast<double>(pairs.discordant)) /
         std::sqrt(varied_first * varied_second);
}

double KendallTauB(const std::vector<double>& first, const std::vector<double>& second) {
  return KendallTauB(CountPairs(first, second));
}

double Spearman(const std::vector<double>& first, const std::vector<double>& second) {
  const std::vector<double> a = MidRanks(first);
  const std::vector<double> b = MidRanks(second);
  const double middle = static_cast<double>(a.size() + 1) / 2;
  double products = 0;
  double squares_a = 0;
  double squares_b = 0;
  for (size_t at = 0; at < a.size(); ++at) {
    products += (a[at] - middle) * (b[at] - middle);
    squares_a += (a[at] - middle) * (a[at] - middle);
    squares_b += (b[at] - middle) * (b[at] - middle);
  }
  if (squares_a == 0 || squares_b == 0) return std::numeric_limits<double>::quiet_NaN();
  return products / (std::sqrt(squares_a) * std::sqrt(squares_b));
}

}  // namespace nasshrink::score
