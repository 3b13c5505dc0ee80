#include "space/feasible.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "space/architecture.h"
#include "space/count.h"

namespace nasshrink::space {
namespace {

constexpr uint64_t kMaxAlternatives = 1'000'000;
constexpr uint64_t kMaxSamples = 10'000'000;
constexpr uint64_t kMaxSampledNumbers = uint64_t{1} << 28;

using Sums = std::vector<int64_t>;

// Lists of sums stand one after another in a flat vector, ascending; `width` numbers each.
int Compare(const int64_t* a, const int64_t* b, size_t width) {
  for (size_t i = 0; i < width; ++i) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

Sums Merged(const Sums& a, const Sums& b, size_t width) {
  Sums out;
  out.reserve(std::max(a.size(), b.size()));
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() || j < b.size()) {
    const int order = i == a.size() ? 1 : (j == b.size() ? -1 : Compare(&a[i], &b[j], width));
    const int64_t* next = order <= 0 ? &a[i] : &b[j];
    out.insert(out.end(), next, next + width);
    if (order <= 0) i += width;
    if (order >= 0) j += width;
  }
  return out;
}

// Uniform below `bound`, at least 1.
BigInt DrawBelow(const BigInt& bound, base::Philox* random) {
  if (bound == 1) return 0;
  const auto bits = static_cast<unsigned>(msb(BigInt(bound - 1))) + 1;
  if (bits <= 64) {
    if (bits == 64 && bound > UINT64_MAX) return random->Next64();
    return random->Below64(static_cast<uint64_t>(bound));
  }
  const BigInt mask = (BigInt(1) << bits) - 1;
  while (true) {
    BigInt draw = 0;
    for (unsigned have = 0; have < bits; have += 32) draw = draw << 32 | random->Next32();
    draw &= mask;
    if (draw < bound) return draw;
  }
}

double Ratio(const BigInt& part, const BigInt& whole) {
  if (whole == 0) return 0;
  constexpr unsigned kSafeBits = 1000;
  const auto bits = static_cast<unsigned>(msb(whole));
  const unsigned shift = bits > kSafeBits ? bits - kSafeBits : 0;
  return static_cast<double>(BigInt(part >> shift)) / static_cast<double>(BigInt(whole >> shift));
}

}  // namespace

class FeasibleBuilder {
 public:
  FeasibleBuilder(const Space& space, const std::vector<CostWindow>& windows) : space_(space), windows_(windows) {}

  base::Status Require(const std::vector<Operator>& containing);
  base::Result<FeasibleSet> Build();

 private:
  using Level = FeasibleSet::Level;

  base::Status AddLevel(const Digit& digit);
  void AddAlternative(const Digit& digit, const std::vector<uint32_t>& open, const Architecture& architecture,
                      Level* level) const;
  bool Allowed(uint32_t choice, const std::vector<uint32_t>& open, const Architecture& architecture) const;
  void FindRests();
  bool CanStillFit(const int64_t* sums, size_t level) const;
  Sums Reached(const Level& level, size_t next) const;
  base::Status Forward();
  void Backward();

  const Space& space_;
  const std::vector<CostWindow>& windows_;
  std::map<uint32_t, uint32_t> required_;
  FeasibleSet set_;
  // [level]: least and most that the digits from here on add, by window.
  std::vector<Sums> rest_min_;
  std::vector<Sums> rest_max_;
};

base::Status FeasibleBuilder::Require(const std::vector<Operator>& containing) {
  for (size_t i = 0; i < containing.size(); ++i) {
    const std::string field = fmt::format("containing[{}]", i);
    const auto [choice, candidate] = containing[i];
    if (choice >= space_.choices.size()) {
      return base::Invalid(field + ".choice", choice, fmt::format("0..{}", space_.choices.size() - 1),
                           "names no choice");
    }
    const std::vector<uint32_t>& alive = space_.choices[choice].alive;
    if (!std::binary_search(alive.begin(), alive.end(), candidate)) {
      return base::Invalid(field + ".candidate", candidate, fmt::format("{}", fmt::join(alive, ", ")),
                           fmt::format("is not alive in choice '{}'", space_.choices[choice].key));
    }
    if (!required_.insert({choice, candidate}).second) {
      return base::Invalid(field + ".choice", choice, "each choice once", "no child has two candidates of one choice");
    }
  }
  return {};
}

bool FeasibleBuilder::Allowed(uint32_t choice, const std::vector<uint32_t>& open,
                              const Architecture& architecture) const {
  const auto found = required_.find(choice);
  if (found == required_.end()) return true;
  return std::find(open.begin(), open.end(), choice) != open.end() && architecture[choice] == found->second;
}

// `open` names the choices that have a meaning in this alternative.
void FeasibleBuilder::AddAlternative(const Digit& digit, const std::vector<uint32_t>& open,
                                     const Architecture& architecture, Level* level) const {
  if (!Allowed(digit.choice, open, architecture)) return;
  for (const uint32_t edge : digit.edges) {
    if (!Allowed(edge, open, architecture)) return;
  }
  for (const uint32_t choice : level->choices) level->candidates.push_back(architecture[choice]);
  for (const CostWindow& window : windows_) {
    int64_t cost = 0;
    for (const uint32_t choice : open) cost += window.cost.table[choice][architecture[choice]];
    level->costs.push_back(cost);
  }
  ++level->alternatives;
}

base::Status FeasibleBuilder::AddLevel(const Digit& digit) {
  Level level;
  level.choices = digit.edges;
  level.choices.push_back(digit.choice);
  const BigInt size = digit.Size(space_);
  if (size > kMaxAlternatives) {
    return base::Error(base::Code::kResourceExhausted, "choice '{}' has {} alternatives, above the limit of {}",
                       space_.choices[digit.choice].key, size.str(), kMaxAlternatives);
  }
  Architecture architecture(space_.choices.size());
  const std::vector<uint32_t>& alive = space_.choices[digit.choice].alive;
  for (uint64_t i = 0; i < static_cast<uint64_t>(size); ++i) {
    digit.Write(space_, i, &architecture);
    std::vector<uint32_t> open = {digit.choice};
    if (!digit.open.empty()) {
      const auto subset = std::lower_bound(alive.begin(), alive.end(), architecture[digit.choice]) - alive.begin();
      const std::vector<uint32_t>& edges = digit.open[static_cast<size_t>(subset)];
      open.insert(open.end(), edges.begin(), edges.end());
    }
    AddAlternative(digit, open, architecture, &level);
  }
  set_.levels_.push_back(std::move(level));
  return {};
}

void FeasibleBuilder::FindRests() {
  const size_t width = windows_.size();
  const size_t levels = set_.levels_.size();
  rest_min_.assign(levels, Sums(width, 0));
  rest_max_.assign(levels, Sums(width, 0));
  for (size_t l = levels - 1; l-- > 0;) {
    const Level& level = set_.levels_[l];
    for (size_t w = 0; w < width; ++w) {
      int64_t least = level.alternatives > 0 ? level.costs[w] : 0;
      int64_t most = least;
      for (size_t a = 0; a < level.alternatives; ++a) {
        least = std::min(least, level.costs[a * width + w]);
        most = std::max(most, level.costs[a * width + w]);
      }
      rest_min_[l][w] = rest_min_[l + 1][w] + least;
      rest_max_[l][w] = rest_max_[l + 1][w] + most;
    }
  }
}

bool FeasibleBuilder::CanStillFit(const int64_t* sums, size_t level) const {
  for (size_t w = 0; w < windows_.size(); ++w) {
    if (sums[w] + rest_max_[level][w] < windows_[w].min || sums[w] + rest_min_[level][w] > windows_[w].max)
      return false;
  }
  return true;
}

// Adding one cost to all states keeps their order, so each alternative gives a sorted list to merge.
Sums FeasibleBuilder::Reached(const Level& level, size_t next) const {
  const size_t width = windows_.size();
  std::set<Sums> steps;
  for (size_t a = 0; a < level.alternatives; ++a) {
    const auto row = level.costs.begin() + static_cast<ptrdiff_t>(a * width);
    steps.insert(Sums(row, row + static_cast<ptrdiff_t>(width)));
  }
  Sums reached;
  Sums sums(width);
  for (const Sums& step : steps) {
    Sums shifted;
    for (size_t s = 0; s < level.states.size(); s += width) {
      for (size_t w = 0; w < width; ++w) sums[w] = level.states[s + w] + step[w];
      if (CanStillFit(sums.data(), next)) shifted.insert(shifted.end(), sums.begin(), sums.end());
    }
    reached = reached.empty() ? std::move(shifted) : Merged(reached, shifted, width);
    // Too many already; Forward says so.
    if (reached.size() / width > FeasibleSet::kMaxStates) break;
  }
  return reached;
}

base::Status FeasibleBuilder::Forward() {
  const size_t width = windows_.size();
  auto& levels = set_.levels_;
  if (CanStillFit(set_.start_.data(), 0)) levels[0].states = set_.start_;
  size_t total = 0;
  for (size_t l = 0; l + 1 < levels.size() && width > 0; ++l) {
    levels[l + 1].states = Reached(levels[l], l + 1);
    total += levels[l + 1].states.size() / width;
    if (total > FeasibleSet::kMaxStates) {
      return base::Error(base::Code::kResourceExhausted,
                         "the constraints need more than {} partial sums; take fewer constraints, narrower windows or "
                         "a coarser latency table",
                         FeasibleSet::kMaxStates);
    }
  }
  return {};
}

void FeasibleBuilder::Backward() {
  const size_t width = windows_.size();
  auto& levels = set_.levels_;
  const auto states = [width](const Level& level) { return width == 0 ? 1 : level.states.size() / width; };
  levels.back().ways.assign(states(levels.back()), 1);
  Sums sums(width);
  for (size_t l = levels.size() - 1; l-- > 0;) {
    Level& level = levels[l];
    const Level& next = levels[l + 1];
    level.ways.assign(states(level), 0);
    for (size_t a = 0; a < level.alternatives; ++a) {
      size_t at = 0;
      for (size_t s = 0; s < level.ways.size(); ++s) {
        for (size_t w = 0; w < width; ++w) sums[w] = level.states[s * width + w] + level.costs[a * width + w];
        while (at < next.ways.size() && Compare(next.states.data() + at * width, sums.data(), width) < 0) ++at;
        if (at == next.ways.size()) break;
        if (Compare(next.states.data() + at * width, sums.data(), width) == 0) level.ways[s] += next.ways[at];
      }
    }
  }
}

base::Result<FeasibleSet> FeasibleBuilder::Build() {
  set_.windows_ = windows_.size();
  set_.choice_count_ = space_.choices.size();
  for (const CostWindow& window : windows_) set_.start_.push_back(window.cost.fixed);
  for (const Digit& digit : DigitsOf(space_)) NASSHRINK_RETURN_IF_ERROR(AddLevel(digit));
  set_.levels_.emplace_back();
  FindRests();
  NASSHRINK_RETURN_IF_ERROR(Forward());
  Backward();
  return std::move(set_);
}

base::Result<FeasibleSet> FeasibleSet::Make(const Space& space, const std::vector<CostWindow>& windows,
                                            const std::vector<Operator>& containing) {
  NASSHRINK_RETURN_IF_ERROR(CheckListed(space));
  FeasibleBuilder builder(space, windows);
  NASSHRINK_RETURN_IF_ERROR(builder.Require(containing));
  return builder.Build();
}

size_t FeasibleSet::FindState(const Level& level, const std::vector<int64_t>& sums) const {
  size_t begin = 0;
  size_t end = level.ways.size();
  while (begin < end) {
    const size_t middle = (begin + end) / 2;
    const int order = Compare(level.states.data() + middle * windows_, sums.data(), windows_);
    if (order == 0) return middle;
    if (order < 0) begin = middle + 1;
    if (order > 0) end = middle;
  }
  return level.ways.size();
}

Architecture FeasibleSet::Draw(uint64_t seed, base::Purpose purpose, uint64_t step) const {
  Architecture architecture(choice_count_);
  Sums sums = start_;
  Sums next(windows_);
  for (size_t l = 0; l + 1 < levels_.size(); ++l) {
    const Level& level = levels_[l];
    base::Philox random(seed, purpose, step, level.choices.back());
    BigInt left = DrawBelow(level.ways[FindState(level, sums)], &random);
    for (size_t a = 0; a < level.alternatives; ++a) {
      for (size_t w = 0; w < windows_; ++w) next[w] = sums[w] + level.costs[a * windows_ + w];
      const size_t state = FindState(levels_[l + 1], next);
      if (state == levels_[l + 1].ways.size()) continue;
      const BigInt& ways = levels_[l + 1].ways[state];
      if (left >= ways) {
        left -= ways;
        continue;
      }
      const uint32_t* row = &level.candidates[a * level.choices.size()];
      for (size_t c = 0; c < level.choices.size(); ++c) architecture[level.choices[c]] = row[c];
      break;
    }
    sums = next;
  }
  return architecture;
}

base::Result<std::vector<Architecture>> SampleChildren(const Space& space, const v1::SampleOptions& options) {
  if (options.count() > kMaxSamples || options.count() * space.choices.size() > kMaxSampledNumbers) {
    const uint64_t most = std::min(kMaxSamples, kMaxSampledNumbers / space.choices.size());
    return base::Invalid("count", options.count(), fmt::format("0..{}", most), "too many children in one call");
  }
  const v1::LatencyTable* latency = options.has_latency() ? &options.latency() : nullptr;
  NASSHRINK_ASSIGN_OR_RETURN(const auto windows, WindowsOf(space, options.constraints(), latency, "constraints"));
  std::vector<Operator> containing;
  for (const v1::OperatorRef& ref : options.containing()) containing.push_back({ref.choice(), ref.candidate()});
  NASSHRINK_ASSIGN_OR_RETURN(const FeasibleSet set, FeasibleSet::Make(space, windows, containing));
  std::vector<Architecture> children;
  if (options.count() == 0) return children;
  if (set.count() == 0) {
    return base::Error(base::Code::kFailedPrecondition, "constraints: no child of the space meets them");
  }
  children.reserve(options.count());
  for (uint64_t i = 0; i < options.count(); ++i) {
    children.push_back(set.Draw(options.seed(), base::Purpose::kSampleSpace, i));
  }
  return children;
}

base::Result<v1::CountReport> CountChildren(const Space& space, const v1::CountOptions& options) {
  const v1::LatencyTable* latency = options.has_latency() ? &options.latency() : nullptr;
  NASSHRINK_ASSIGN_OR_RETURN(const auto windows, WindowsOf(space, options.constraints(), latency, "constraints"));
  const BigInt children = Children(space);
  BigInt feasible = children;
  if (!windows.empty()) {
    NASSHRINK_ASSIGN_OR_RETURN(const FeasibleSet set, FeasibleSet::Make(space, windows));
    feasible = set.count();
  }
  v1::CountReport report;
  report.set_children(children.str());
  report.set_feasible(feasible.str());
  report.set_fraction(Ratio(feasible, children));
  return report;
}

}  // namespace nasshrink::space
