#include "score/ranks.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace nasshrink::score {
namespace {

constexpr unsigned kDigitBits = 11;
constexpr uint64_t kDigits = uint64_t{1} << kDigitBits;

struct Keyed {
  uint64_t key = 0;
  uint32_t index = 0;
};

// An integer that orders as the value does.
uint64_t KeyOf(double value) {
  if (value == 0) value = 0;  // -0
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits >> 63 != 0 ? ~bits : bits | uint64_t{1} << 63;
}

void SortByKey(std::vector<Keyed>* values) {
  if (values->size() < kDigits) {
    std::sort(values->begin(), values->end(), [](const Keyed& a, const Keyed& b) { return a.key < b.key; });
    return;
  }
  std::vector<Keyed> sorted(values->size());
  for (unsigned shift = 0; shift < 64; shift += kDigitBits) {
    std::array<uint32_t, kDigits> place{};
    for (const Keyed& value : *values) ++place[value.key >> shift & (kDigits - 1)];
    if (place[(*values)[0].key >> shift & (kDigits - 1)] == values->size()) continue;
    uint32_t before = 0;
    for (uint32_t& digit : place) before += std::exchange(digit, before);
    for (const Keyed& value : *values) sorted[place[value.key >> shift & (kDigits - 1)]++] = value;
    values->swap(sorted);
  }
}

}  // namespace

DenseRanks RankDensely(const std::vector<double>& values) {
  std::vector<Keyed> order(values.size());
  for (size_t at = 0; at < values.size(); ++at) order[at] = {KeyOf(values[at]), static_cast<uint32_t>(at)};
  SortByKey(&order);
  DenseRanks ranks;
  ranks.rank.resize(values.size());
  for (size_t at = 0; at < order.size(); ++at) {
    if (at == 0 || order[at].key != order[at - 1].key) ranks.count.push_back(0);
    ++ranks.count.back();
    ranks.rank[order[at].index] = static_cast<uint32_t>(ranks.count.size() - 1);
  }
  return ranks;
}

std::vector<double> MidRanks(const DenseRanks& ranks) {
  std::vector<double> middle(ranks.count.size());
  double before = 0;
  for (size_t rank = 0; rank < middle.size(); ++rank) {
    middle[rank] = before + (static_cast<double>(ranks.count[rank]) + 1) / 2;
    before += ranks.count[rank];
  }
  std::vector<double> mid_ranks(ranks.rank.size());
  for (size_t at = 0; at < mid_ranks.size(); ++at) mid_ranks[at] = middle[ranks.rank[at]];
  return mid_ranks;
}

}  // namespace nasshrink::score
