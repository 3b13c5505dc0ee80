#include "score/frontier.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <utility>

#include "score/ranking.h"

namespace nasshrink::score {
namespace {

constexpr size_t kMostOperators = 20;  // of a choice

// The best found so far, by number of operators.
struct Best {
  double mean = -std::numeric_limits<double>::infinity();
  KeptMasks kept;
  uint64_t most_top = 0;
};

void Merge(const std::vector<Best>& from, std::vector<Best>* to) {
  for (size_t operators = 0; operators < from.size(); ++operators) {
    Best& best = (*to)[operators];
    if (from[operators].mean > best.mean) {
      best.mean = from[operators].mean;
      best.kept = from[operators].kept;
    }
    best.most_top = std::max(best.most_top, from[operators].most_top);
  }
}

// Walks the sub-spaces that begin with given masks. One a thread.
class Walk {
 public:
  Walk(const Enumeration& children, const std::vector<double>& truth, const std::vector<uint32_t>& in_top)
      : choices_(children.choices()), kept_(children.choices()) {
    size_t operators = 0;
    for (size_t choice = 0; choice < choices_; ++choice) {
      sizes_.push_back(children.alive(choice).size());
      operators += sizes_.back();
    }
    best_.resize(operators + 1);
    sums_.resize(choices_);
    tops_.resize(choices_);
    sums_[0].push_back(truth);
    tops_[0].push_back(in_top);
    for (size_t choice = 1; choice < choices_; ++choice) {
      const size_t masks = size_t{1} << sizes_[choice - 1];
      sums_[choice].assign(masks, std::vector<double>(children.stride(choice - 1)));
      tops_[choice].assign(masks, std::vector<uint32_t>(children.stride(choice - 1)));
    }
  }

  // All sub-spaces that keep `mask` of the first choice; of a space of one choice all there are.
  void From(uint32_t mask) {
    if (choices_ == 1) return Leaf(sums_[0][0].data(), tops_[0][0].data(), 0, 1);
    for (uint32_t rest = mask; rest != 0; rest &= rest - 1) {
      Add(1, mask, static_cast<size_t>(__builtin_ctz(rest)), sums_[0][0], tops_[0][0]);
    }
    kept_[0] = mask;
    const auto bits = static_cast<size_t>(__builtin_popcount(mask));
    Descend(1, mask, bits, static_cast<double>(bits));
  }

  const std::vector<Best>& best() const { return best_; }

 private:
  // Adds the part of one operator of the choice before `level` to the sums for `mask`.
  void Add(size_t level, uint32_t mask, size_t operator_at, const std::vector<double>& sums,
           const std::vector<uint32_t>& tops) {
    std::vector<double>& to = sums_[level][mask];
    std::vector<uint32_t>& to_tops = tops_[level][mask];
    const size_t from = operator_at * to.size();
    for (size_t at = 0; at < to.size(); ++at) to[at] += sums[from + at];
    for (size_t at = 0; at < to.size(); ++at) to_tops[at] += tops[from + at];
  }

  // `above` is the mask of the choice before, whose sums are ready; `children` the product of sizes so far.
  void Descend(size_t level, uint32_t above, size_t operators, double children) {
    const std::vector<double>& sums = sums_[level][above];
    const std::vector<uint32_t>& tops = tops_[level][above];
    if (level + 1 == choices_) return Leaf(sums.data(), tops.data(), operators, children);
    const uint32_t masks = uint32_t{1} << sizes_[level];
    for (uint32_t mask = 1; mask < masks; ++mask) {
      const uint32_t rest = mask & (mask - 1);
      sums_[level + 1][mask] = sums_[level + 1][rest];
      tops_[level + 1][mask] = tops_[level + 1][rest];
      Add(level + 1, mask, static_cast<size_t>(__builtin_ctz(mask)), sums, tops);
    }
    for (uint32_t mask = 1; mask < masks; ++mask) {
      kept_[level] = mask;
      const auto bits = static_cast<size_t>(__builtin_popcount(mask));
      Descend(level + 1, mask, operators + bits, children * static_cast<double>(bits));
    }
  }

  // The last choice: of every size, the set of the largest sums.
  void Leaf(const double* sums, const uint32_t* tops, size_t operators, double children) {
    const size_t size = sizes_[choices_ - 1];
    std::array<uint32_t, kMostOperators> order;
    std::array<uint32_t, kMostOperators> counts;
    for (size_t at = 0; at < size; ++at) {
      size_t to = at;
      for (; to > 0 && sums[order[to - 1]] < sums[at]; --to) order[to] = order[to - 1];
      order[to] = static_cast<uint32_t>(at);
      size_t count_to = at;
      for (; count_to > 0 && counts[count_to - 1] < tops[at]; --count_to) counts[count_to] = counts[count_to - 1];
      counts[count_to] = tops[at];
    }
    double sum = 0;
    uint64_t top = 0;
    uint32_t mask = 0;
    for (size_t kept = 1; kept <= size; ++kept) {
      sum += sums[order[kept - 1]];
      top += counts[kept - 1];
      mask |= uint32_t{1} << order[kept - 1];
      Best& best = best_[operators + kept];
      best.most_top = std::max(best.most_top, top);
      const double mean = sum / (children * static_cast<double>(kept));
      if (mean <= best.mean) continue;
      best.mean = mean;
      kept_[choices_ - 1] = mask;
      best.kept = kept_;
    }
  }

  size_t choices_;
  std::vector<size_t> sizes_;
  // By choice and mask of the choice before it: sums over all sub-spaces' children so far, one an alternative of the
  // choices from here on. Nothing is kept under mask 0, but for the first choice, which has no mask before it.
  std::vector<std::vector<std::vector<double>>> sums_;
  std::vector<std::vector<std::vector<uint32_t>>> tops_;
  KeptMasks kept_;
  std::vector<Best> best_;
};

// Product sub-spaces by number of operators: the product of the choices' binomials.
std::vector<uint64_t> CountsOf(const Enumeration& children) {
  std::vector<uint64_t> counts = {1};
  for (size_t choice = 0; choice < children.choices(); ++choice) {
    const size_t size = children.alive(choice).size();
    std::vector<uint64_t> next(counts.size() + size);
    uint64_t binomial = 1;
    for (size_t kept = 1; kept <= size; ++kept) {
      binomial = binomial * (size - kept + 1) / kept;
      for (size_t at = 0; at < counts.size(); ++at) next[at + kept] += counts[at] * binomial;
    }
    counts = std::move(next);
  }
  return counts;
}

}  // namespace

Frontier::Frontier(Enumeration children, std::vector<double> truth, uint64_t sub_spaces)
    : children_(std::move(children)), truth_(std::move(truth)), in_top_(truth_.size()), sub_spaces_(sub_spaces) {
  const std::vector<size_t> top = LargestOf(truth_, (truth_.size() + 99) / 100);
  for (const size_t at : top) in_top_[at] = 1;
  top_ = top.size();
}

base::Result<Frontier> Frontier::Make(Enumeration children, std::vector<double> truth) {
  uint64_t sub_spaces = 1;
  for (size_t choice = 0; choice < children.choices(); ++choice) {
    const size_t size = children.alive(choice).size();
    if (size > kMostOperators) {
      return base::Invalid(fmt::format("space.choices[{}]", choice), size,
                           fmt::format("1..{} operators", kMostOperators),
                           "has too many product sub-spaces to enumerate");
    }
    const uint64_t subsets = (uint64_t{1} << size) - 1;
    if (sub_spaces > kMostSubSpaces / subsets) {
      return base::Invalid("space", fmt::format("more than {} product sub-spaces", kMostSubSpaces),
                           fmt::format("at most {}", kMostSubSpaces), "has too many product sub-spaces to enumerate");
    }
    sub_spaces *= subsets;
  }
  return Frontier(std::move(children), std::move(truth), sub_spaces);
}

base::Result<std::vector<FrontierRow>> Frontier::Rows(base::WorkerPool* pool, const base::Cancel* cancel) const {
  const size_t masks = children_.choices() == 1 ? 1 : (size_t{1} << children_.alive(0).size()) - 1;
  std::vector<std::vector<Best>> found(masks);
  const auto walk = [&](size_t begin, size_t end) {
    for (size_t at = begin; at < end; ++at) {
      if (base::Triggered(cancel)) return;
      Walk one(children_, truth_, in_top_);
      one.From(static_cast<uint32_t>(at + 1));
      found[at] = one.best();
    }
  };
  if (pool == nullptr) {
    walk(0, masks);
  } else {
    pool->ParallelFor(masks, walk);
  }
  if (base::Triggered(cancel)) return base::Error(base::Code::kCancelled, "the frontier was cancelled");
  const std::vector<uint64_t> counts = CountsOf(children_);
  std::vector<Best> best(counts.size());
  for (const std::vector<Best>& one : found) Merge(one, &best);
  std::vector<FrontierRow> rows;
  for (size_t operators = children_.choices(); operators < counts.size(); ++operators) {
    Best& row = best[operators];
    const double mean = Describe(row.kept).mean;
    rows.push_back({static_cast<uint32_t>(operators), counts[operators], mean, std::move(row.kept), row.most_top});
  }
  return rows;
}

SubSpace Frontier::Describe(const KeptMasks& kept) const {
  SubSpace described;
  described.best = -std::numeric_limits<double>::infinity();
  double sum = 0;
  for (uint64_t child = 0; child < children_.children(); ++child) {
    bool inside = true;
    for (size_t choice = 0; choice < kept.size() && inside; ++choice) {
      const uint64_t digit = child / children_.stride(choice) % children_.alive(choice).size();
      inside = (kept[choice] >> digit & 1U) != 0;
    }
    if (!inside) continue;
    ++described.children;
    sum += truth_[child];
    described.best = std::max(described.best, truth_[child]);
    described.top += in_top_[child];
  }
  described.mean = sum / static_cast<double>(described.children);
  return described;
}

}  // namespace nasshrink::score
