#include "base/non_dominated_sort.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <utility>

namespace nasshrink::base {
namespace {

constexpr size_t kRadixFrom = 256;  // points from which counting digits is faster than comparing; measured

// The upper half of a point's first objective as a number whose order is that of the doubles, and where the point is.
// The sort moves these and not the points.
struct Key {
  uint32_t upper = 0;
  uint32_t at = 0;
};

uint32_t OrderedUpperHalf(double value) {
  value += 0.0;  // no -0
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  constexpr uint64_t kSign = uint64_t{1} << 63;
  return static_cast<uint32_t>(((bits & kSign) != 0 ? ~bits : bits | kSign) >> 32);
}

// By the lowest byte, then the next, each time keeping the order so far.
void RadixSort(std::vector<Key>* keys) {
  std::array<std::array<uint32_t, 256>, sizeof(uint32_t)> counts{};
  for (const Key& key : *keys) {
    for (size_t byte = 0; byte < counts.size(); ++byte) ++counts[byte][key.upper >> (8 * byte) & 255];
  }
  std::vector<Key> sorted(keys->size());
  for (size_t byte = 0; byte < counts.size(); ++byte) {
    const size_t shift = 8 * byte;
    uint32_t place = 0;
    for (uint32_t& count : counts[byte]) place += std::exchange(count, place);
    for (const Key& key : *keys) sorted[counts[byte][key.upper >> shift & 255]++] = key;
    keys->swap(sorted);
  }
}

// Lexicographically ascending: whatever dominates a point comes before it.
std::vector<Key> LexicographicOrder(const double* points, size_t count, size_t objectives) {
  std::vector<Key> keys(count);
  for (size_t i = 0; i < count; ++i) keys[i] = {OrderedUpperHalf(points[i * objectives]), static_cast<uint32_t>(i)};
  if (count < kRadixFrom) {
    std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) { return a.upper < b.upper; });
  } else {
    RadixSort(&keys);
  }
  const auto less = [&](const Key& a, const Key& b) {
    const double* first = points + a.at * objectives;
    const double* second = points + b.at * objectives;
    return std::lexicographical_compare(first, first + objectives, second, second + objectives);
  };
  for (auto begin = keys.begin(); begin != keys.end();) {
    auto end = begin + 1;
    while (end != keys.end() && end->upper == begin->upper) ++end;
    if (end - begin > 1) std::sort(begin, end, less);
    begin = end;
  }
  return keys;
}

// The fronts below keep what a later point has to be compared with. Of points in lexicographic order, a later one is
// dominated by an earlier one that is no worse in all objectives but the first.

// One objective, and two: the last point of a front is the smallest in the second.
class Tails {
 public:
  explicit Tails(size_t objectives) : second_(objectives > 1) {}
  size_t size() const { return tails_.size(); }
  void Add(size_t front, const double* point) {
    const double tail = second_ ? point[1] : 0;
    if (front == tails_.size()) {
      tails_.push_back(tail);
    } else {
      tails_[front] = tail;
    }
  }
  // The first front with nobody that dominates the point: tails ascend.
  size_t FrontFor(const double* point) const {
    const double value = second_ ? point[1] : 0;
    if (tails_.empty()) return 0;
    const double* base = tails_.data();
    for (size_t left = tails_.size(); left > 1;) {
      const size_t half = left / 2;
      base += half * static_cast<size_t>(base[half - 1] <= value);  // a product, because a branch would be mispredicted
      left -= half;
    }
    return static_cast<size_t>(base - tails_.data()) + (*base <= value ? 1 : 0);
  }

 private:
  bool second_;
  std::vector<double> tails_;
};

// Fronts one after another by binary search: who is dominated by a member of a front is so by one of every front
// before.
template <typename Front>
class FrontList {
 public:
  explicit FrontList(size_t objectives) : objectives_(objectives) {}
  size_t size() const { return fronts_.size(); }
  void Add(size_t front, const double* point) {
    if (front == fronts_.size()) fronts_.emplace_back();
    fronts_[front].Add(point);
  }
  size_t FrontFor(const double* point) const {
    size_t low = 0;
    size_t high = fronts_.size();
    while (low < high) {
      const size_t middle = (low + high) / 2;
      if (fronts_[middle].Dominates(point, objectives_)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

 private:
  size_t objectives_;
  std::vector<Front> fronts_;
};

// Three objectives: of the second and third, the points that no other beats, second ascending and third descending.
class Staircase {
 public:
  bool Dominates(const double* point, size_t) const {
    const auto above = std::upper_bound(steps_.begin(), steps_.end(), point[1],
                                        [](double value, const Step& step) { return value < step.second; });
    return above != steps_.begin() && std::prev(above)->third <= point[2];
  }
  void Add(const double* point) {
    const auto begin = std::lower_bound(steps_.begin(), steps_.end(), point[1],
                                        [](const Step& step, double value) { return step.second < value; });
    auto end = begin;
    while (end != steps_.end() && end->third >= point[2]) ++end;
    if (begin == end) {
      steps_.insert(begin, {point[1], point[2]});
    } else {
      *begin = {point[1], point[2]};
      steps_.erase(begin + 1, end);
    }
  }

 private:
  struct Step {
    double second = 0;
    double third = 0;
  };
  std::vector<Step> steps_;
};

// Any number: all members, the latest first, which is the likeliest to dominate.
class Members {
 public:
  bool Dominates(const double* point, size_t objectives) const {
    return std::any_of(members_.rbegin(), members_.rend(), [&](const double* member) {
      for (size_t k = 1; k < objectives; ++k) {
        if (member[k] > point[k]) return false;
      }
      return true;
    });
  }
  void Add(const double* point) { members_.push_back(point); }

 private:
  std::vector<const double*> members_;
};

template <typename Fronts>
std::vector<uint32_t> RanksBy(const double* points, size_t count, size_t objectives) {
  std::vector<uint32_t> ranks(count);
  Fronts fronts(objectives);
  const double* before = nullptr;
  size_t front = 0;
  for (const Key& key : LexicographicOrder(points, count, objectives)) {
    const double* point = points + key.at * objectives;
    // Equal points lie side by side and share a rank.
    if (before == nullptr || !std::equal(point, point + objectives, before)) {
      front = fronts.FrontFor(point);
      fronts.Add(front, point);
    }
    ranks[key.at] = static_cast<uint32_t>(front) + 1;
    before = point;
  }
  return ranks;
}

}  // namespace

bool Dominates(const double* first, const double* second, size_t objectives) {
  bool better = false;
  for (size_t k = 0; k < objectives; ++k) {
    if (first[k] > second[k]) return false;
    better = better || first[k] < second[k];
  }
  return better;
}

std::vector<uint32_t> NonDominatedRanks(const double* points, size_t count, size_t objectives) {
  if (objectives <= 2) return RanksBy<Tails>(points, count, objectives);
  if (objectives == 3) return RanksBy<FrontList<Staircase>>(points, count, objectives);
  return RanksBy<FrontList<Members>>(points, count, objectives);
}

}  // namespace nasshrink::base
