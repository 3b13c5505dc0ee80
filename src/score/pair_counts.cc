#include "score/pair_counts.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace nasshrink::score {
namespace {

uint64_t PairsOf(uint64_t values) { return values * (values - 1) / 2; }

uint64_t TiedPairs(const std::vector<uint32_t>& counts) {
  uint64_t tied = 0;
  for (const uint32_t count : counts) tied += PairsOf(count);
  return tied;
}

// Positions of all values by (first, second), by counting sort.
std::vector<uint32_t> OrderOf(const DenseRanks& first, const DenseRanks& second) {
  std::vector<uint32_t> order(first.rank.size());
  std::iota(order.begin(), order.end(), 0U);
  std::vector<uint32_t> sorted(order.size());
  for (const DenseRanks* key : {&second, &first}) {
    std::vector<uint32_t> place(key->count.size());
    std::exclusive_scan(key->count.begin(), key->count.end(), place.begin(), 0U);
    for (const uint32_t at : order) sorted[place[key->rank[at]]++] = at;
    order.swap(sorted);
  }
  return order;
}

// Strict inversions of what is to be sorted (Knight 1966): short runs by insertion, then merges from below.
uint64_t SortCountingInversions(std::vector<uint32_t>* values) {
  constexpr size_t kRun = 16;
  const size_t size = values->size();
  uint64_t inversions = 0;
  for (size_t low = 0; low < size; low += kRun) {
    for (size_t at = low + 1; at < std::min(low + kRun, size); ++at) {
      const uint32_t value = (*values)[at];
      size_t to = at;
      for (; to > low && (*values)[to - 1] > value; --to) (*values)[to] = (*values)[to - 1];
      (*values)[to] = value;
      inversions += at - to;
    }
  }
  std::vector<uint32_t> merged(size);
  for (size_t width = kRun; width < size; width *= 2) {
    for (size_t low = 0; low < size; low += 2 * width) {
      const uint32_t* left = values->data() + low;
      const uint32_t* const middle = values->data() + std::min(low + width, size);
      const uint32_t* right = middle;
      const uint32_t* const end = values->data() + std::min(low + 2 * width, size);
      uint32_t* to = merged.data() + low;
      while (left < middle && right < end) {
        const bool from_right = *right < *left;
        inversions += from_right ? static_cast<uint64_t>(middle - left) : 0;
        *to++ = from_right ? *right : *left;
        right += from_right ? 1 : 0;
        left += from_right ? 0 : 1;
      }
      to = std::copy(left, middle, to);
      std::copy(right, end, to);
    }
    values->swap(merged);
  }
  return inversions;
}

// Numbers of values by rank, with sums over all lower ranks in O(log n) (Fenwick 1994).
class LowerCounts {
 public:
  explicit LowerCounts(size_t ranks) : sums_(ranks + 1) {}
  void Add(uint32_t rank) {
    for (size_t at = rank + 1; at < sums_.size(); at += at & (~at + 1)) ++sums_[at];
  }
  uint32_t Below(uint32_t rank) const {
    uint32_t sum = 0;
    for (size_t at = rank; at > 0; at -= at & (~at + 1)) sum += sums_[at];
    return sum;
  }

 private:
  std::vector<uint32_t> sums_;
};

// What the values of lower first rank say about one of them.
struct Lower {
  uint32_t first = 0;        // values of lower first rank
  uint32_t both = 0;         // of these, lower in the second
  uint32_t same_second = 0;  // of these, tied in the second
};

struct Tied {
  uint32_t above = 0;  // tied in the first, larger in the second
  uint32_t both = 0;   // tied in both, itself not counted
};

ValuePairs PairsOf(const Lower& lower, const Tied& tied, uint32_t first_count, uint32_t second_count,
                   uint32_t second_above, size_t size) {
  ValuePairs value;
  const uint32_t lower_then_above = lower.first - lower.both - lower.same_second;
  value.above_in_both = second_above - lower_then_above - tied.above;
  value.above_in_second_only = tied.above;
  value.above_in_first_only = second_count - 1 - tied.both - lower.same_second;
  value.tied_in_both = tied.both;
  value.pairs.all = size - 1;
  value.pairs.tied_in_first = first_count - 1;
  value.pairs.tied_in_second = second_count - 1;
  value.pairs.concordant = uint64_t{lower.both} + value.above_in_both;
  value.pairs.discordant =
      value.pairs.all - value.pairs.tied_in_first - value.pairs.tied_in_second + tied.both - value.pairs.concordant;
  return value;
}

}  // namespace

PairCounts& PairCounts::operator+=(const PairCounts& other) {
  concordant += other.concordant;
  discordant += other.discordant;
  tied_in_first += other.tied_in_first;
  tied_in_second += other.tied_in_second;
  all += other.all;
  return *this;
}

PairCounts& PairCounts::operator-=(const PairCounts& other) {
  concordant -= other.concordant;
  discordant -= other.discordant;
  tied_in_first -= other.tied_in_first;
  tied_in_second -= other.tied_in_second;
  all -= other.all;
  return *this;
}

PairCounts Half(const PairCounts& twice) {
  return {twice.concordant / 2, twice.discordant / 2, twice.tied_in_first / 2, twice.tied_in_second / 2, twice.all / 2};
}

PairCounts CountPairs(const DenseRanks& first, const DenseRanks& second) {
  PairCounts pairs;
  const size_t size = first.rank.size();
  if (size < 2) return pairs;
  const std::vector<uint32_t> order = OrderOf(first, second);
  std::vector<uint32_t> values(size);
  uint64_t tied_in_both = 0;
  size_t run = 0;
  for (size_t at = 0; at < size; ++at) {
    values[at] = second.rank[order[at]];
    const bool same = at > 0 && values[at] == values[at - 1] && first.rank[order[at]] == first.rank[order[at - 1]];
    run = same ? run + 1 : 0;
    tied_in_both += run;
  }
  pairs.all = PairsOf(size);
  pairs.tied_in_first = TiedPairs(first.count);
  pairs.tied_in_second = TiedPairs(second.count);
  pairs.discordant = SortCountingInversions(&values);
  pairs.concordant = pairs.all - pairs.tied_in_first - pairs.tied_in_second + tied_in_both - pairs.discordant;
  return pairs;
}

std::vector<ValuePairs> CountPairsOfEach(const DenseRanks& first, const DenseRanks& second) {
  const size_t size = first.rank.size();
  std::vector<ValuePairs> values(size);
  const std::vector<uint32_t> order = OrderOf(first, second);
  std::vector<uint32_t> second_above(second.count.size());
  for (size_t rank = second_above.size(); rank-- > 1;) {
    second_above[rank - 1] = second_above[rank] + second.count[rank];
  }
  LowerCounts lower(second.count.size());
  std::vector<uint32_t> seen(second.count.size());
  for (size_t start = 0; start < size;) {
    const uint32_t first_count = first.count[first.rank[order[start]]];
    const size_t end = start + first_count;
    for (size_t at = start; at < end;) {
      const uint32_t rank = second.rank[order[at]];
      size_t next = at;
      while (next < end && second.rank[order[next]] == rank) ++next;
      const Lower below = {static_cast<uint32_t>(start), lower.Below(rank), seen[rank]};
      const Tied tied = {static_cast<uint32_t>(end - next), static_cast<uint32_t>(next - at - 1)};
      const ValuePairs value = PairsOf(below, tied, first_count, second.count[rank], second_above[rank], size);
      for (; at < next; ++at) values[order[at]] = value;
    }
    for (; start < end; ++start) {
      lower.Add(second.rank[order[start]]);
      ++seen[second.rank[order[start]]];
    }
  }
  return values;
}

}  // namespace nasshrink::score
