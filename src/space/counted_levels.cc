#include "space/counted_levels.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "space/draw_below.h"

namespace nasshrink::space {
namespace {

__extension__ using Natural128 = unsigned __int128;

constexpr uint32_t kNowhere = std::numeric_limits<uint32_t>::max();

using Keys = std::vector<uint64_t>;  // ascending, distinct

struct Level {
  PackedCosts::Steps steps;
  // states x steps: the state of the next level, or kNowhere.
  std::vector<uint32_t> next;
};

// Adding one step to all states keeps their order, so the steps give sorted lists to merge.
Keys Reached(const Keys& states, const uint64_t* begin, const uint64_t* end) {
  if (end - begin == 1) {
    Keys shifted = states;
    for (uint64_t& key : shifted) key += *begin;
    return shifted;
  }
  const uint64_t* middle = begin + (end - begin) / 2;
  const Keys low = Reached(states, begin, middle);
  const Keys high = Reached(states, middle, end);
  Keys merged;
  merged.reserve(low.size() + high.size());
  std::set_union(low.begin(), low.end(), high.begin(), high.end(), std::back_inserter(merged));
  return merged;
}

void Join(const Keys& states, const Keys& next_states, Level* level) {
  const Keys& steps = level->steps.keys;
  level->next.assign(states.size() * steps.size(), kNowhere);
  for (size_t step = 0; step < steps.size(); ++step) {
    size_t at = 0;
    for (size_t s = 0; s < states.size(); ++s) {
      const uint64_t key = states[s] + steps[step];
      while (at < next_states.size() && next_states[at] < key) ++at;
      if (at == next_states.size()) break;
      if (next_states[at] == key) level->next[s * steps.size() + step] = static_cast<uint32_t>(at);
    }
  }
}

// Uniform below `bound`, at least 1.
using space::DrawBelow;

uint64_t DrawBelow(uint64_t bound, base::Philox* random) { return random->Below64(bound); }

Natural128 DrawBelow(Natural128 bound, base::Philox* random) {
  constexpr int kHalf = 64;
  const auto high = static_cast<uint64_t>((bound - 1) >> kHalf);
  if (high == 0) return random->Below64(static_cast<uint64_t>(bound));
  const int spare = __builtin_clzll(high);
  for (;;) {
    const Natural128 draw = Natural128{random->Next64() >> spare} << kHalf | random->Next64();
    if (draw < bound) return draw;
  }
}

// `Count` holds every number up to that of all combinations.
template <typename Count>
class LevelsOf final : public CountedLevels {
 public:
  bool Build(const PackedCosts& costs, size_t max_bytes);

  BigInt most() const override { return BigInt(most_); }
  BigInt least() const override { return BigInt(least_); }
  void Draw(base::Philox* random, uint32_t* alternatives) const override {
    Walk(DrawBelow(most_, random), alternatives);
  }
  void Nth(const BigInt& index, uint32_t* alternatives) const override {
    Walk(static_cast<Count>(index), alternatives);
  }

 private:
  // Bytes that the step from one level to the next takes, the merge included.
  static size_t BytesOf(size_t states, size_t steps) {
    return states * (sizeof(Count) + steps * (sizeof(uint32_t) + 2 * sizeof(uint64_t)));
  }
  std::vector<Count> Behind(size_t level, const std::vector<Count>& ways) const;
  void Walk(Count index, uint32_t* alternatives) const;

  std::vector<Level> levels_;
  // [level][state]: children behind it.
  std::vector<std::vector<Count>> ways_;
  Count most_ = 0;
  Count least_ = 0;
};

template <typename Count>
bool LevelsOf<Count>::Build(const PackedCosts& costs, size_t max_bytes) {
  Keys states;
  if (costs.MayFit(0, 0)) states.push_back(0);
  size_t kept_bytes = 0;
  for (size_t l = 0; l < costs.steps().size(); ++l) {
    const Keys& steps = costs.steps()[l].keys;
    if (states.size() > (max_bytes - kept_bytes) / BytesOf(1, steps.size())) return false;
    Keys next_states = Reached(states, steps.data(), steps.data() + steps.size());
    next_states.erase(
        std::remove_if(next_states.begin(), next_states.end(), [&](uint64_t key) { return !costs.MayFit(key, l + 1); }),
        next_states.end());
    levels_.push_back({costs.steps()[l], {}});
    Join(states, next_states, &levels_.back());
    kept_bytes += states.size() * (sizeof(Count) + steps.size() * sizeof(uint32_t));
    states = std::move(next_states);
  }
  ways_.resize(levels_.size() + 1);
  ways_.back().assign(states.size(), 1);
  std::vector<Count> surely(states.size());
  std::transform(states.begin(), states.end(), surely.begin(),
                 [&](uint64_t key) { return costs.SurelyFits(key) ? 1 : 0; });
  for (size_t l = levels_.size(); l-- > 0;) {
    ways_[l] = Behind(l, ways_[l + 1]);
    if (!costs.exact()) surely = Behind(l, surely);
  }
  most_ = ways_.front().empty() ? Count(0) : ways_.front().front();
  least_ = costs.exact() ? most_ : (surely.empty() ? Count(0) : surely.front());
  return true;
}

template <typename Count>
std::vector<Count> LevelsOf<Count>::Behind(size_t level, const std::vector<Count>& ways) const {
  const auto& [steps, next] = levels_[level];
  const size_t width = steps.keys.size();
  std::vector<Count> sums(next.size() / width);
  for (size_t s = 0; s < sums.size(); ++s) {
    Count sum = 0;
    for (size_t step = 0; step < width; ++step) {
      const uint32_t to = next[s * width + step];
      if (to != kNowhere) sum += ways[to] * (steps.first[step + 1] - steps.first[step]);
    }
    sums[s] = std::move(sum);
  }
  return sums;
}

template <typename Count>
void LevelsOf<Count>::Walk(Count index, uint32_t* alternatives) const {
  uint32_t state = 0;
  for (size_t l = 0; l < levels_.size(); ++l) {
    const auto& [steps, next] = levels_[l];
    const size_t width = steps.keys.size();
    const uint32_t* row = &next[state * width];
    for (size_t step = 0; step < width; ++step) {
      if (row[step] == kNowhere) continue;
      const Count& ways = ways_[l + 1][row[step]];
      const uint32_t members = steps.first[step + 1] - steps.first[step];
      const Count block = ways * members;
      if (index >= block) {
        index -= block;
        continue;
      }
      size_t member = 0;
      if (members > 1) {
        member = static_cast<size_t>(index / ways);
        index -= ways * member;
      }
      alternatives[l] = steps.members[steps.first[step] + member];
      state = row[step];
      break;
    }
  }
}

template <typename Count>
std::unique_ptr<const CountedLevels> Built(const PackedCosts& costs, size_t max_bytes) {
  auto levels = std::make_unique<LevelsOf<Count>>();
  if (!levels->Build(costs, max_bytes)) return nullptr;
  return levels;
}

}  // namespace

std::unique_ptr<const CountedLevels> CountedLevels::Make(const PackedCosts& costs, size_t max_bytes) {
  BigInt all = 1;
  for (const PackedCosts::Steps& level : costs.steps()) all *= level.members.size();
  if (all <= std::numeric_limits<uint64_t>::max()) return Built<uint64_t>(costs, max_bytes);
  if (all <= std::numeric_limits<Natural128>::max()) return Built<Natural128>(costs, max_bytes);
  return Built<BigInt>(costs, max_bytes);
}

}  // namespace nasshrink::space
