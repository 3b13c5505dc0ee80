#include "score/statistics.h"

#include <cmath>
#include <cstddef>
#include <limits>

#include "score/ranks.h"

namespace nasshrink::score {
namespace {

// Pearson correlation from sums over n pairs of ranks 1..n, whose mean is (n + 1) / 2.
double CorrelationOf(double products, double squares_first, double squares_second, double n) {
  const double middle = n * (n + 1) / 2 * (n + 1) / 2;
  const double first = squares_first - middle;
  const double second = squares_second - middle;
  if (first == 0 || second == 0) return std::numeric_limits<double>::quiet_NaN();
  return (products - middle) / (std::sqrt(first) * std::sqrt(second));
}

struct RankSums {
  double products = 0;
  double squares_first = 0;
  double squares_second = 0;
};

RankSums SumsOf(const std::vector<double>& first, const std::vector<double>& second) {
  RankSums sums;
  for (size_t at = 0; at < first.size(); ++at) {
    sums.products += first[at] * second[at];
    sums.squares_first += first[at] * first[at];
    sums.squares_second += second[at] * second[at];
  }
  return sums;
}

// By rank of `by`: the sum of `of` over the values above it, those that share it counted half.
std::vector<double> SumsAbove(const DenseRanks& by, const std::vector<double>& of) {
  std::vector<double> own(by.count.size());
  for (size_t at = 0; at < of.size(); ++at) own[by.rank[at]] += of[at];
  std::vector<double> sums(own.size());
  double above = 0;
  for (size_t rank = own.size(); rank-- > 0;) {
    sums[rank] = above + own[rank] / 2;
    above += own[rank];
  }
  return sums;
}

// Sums over the other children, of the ranks that they have among themselves: leaving one out takes 1 from every rank
// above it and 1/2 from those it was tied with.
class SpearmanWithout {
 public:
  SpearmanWithout(const DenseRanks& first, const DenseRanks& second)
      : first_(first),
        second_(second),
        a_(MidRanks(first)),
        b_(MidRanks(second)),
        all_(SumsOf(a_, b_)),
        a_above_a_(SumsAbove(first, a_)),
        b_above_b_(SumsAbove(second, b_)),
        a_above_b_(SumsAbove(second, a_)),
        b_above_a_(SumsAbove(first, b_)) {}

  double All() const {
    return CorrelationOf(all_.products, all_.squares_first, all_.squares_second, static_cast<double>(a_.size()));
  }

  double Without(size_t at, const ValuePairs& value) const {
    const double a = a_[at];
    const double b = b_[at];
    const uint32_t i = first_.rank[at];
    const uint32_t j = second_.rank[at];
    const double lost = (a_above_b_[j] - a / 2) + (b_above_a_[i] - b / 2);
    const double both = value.above_in_both + 0.5 * (value.above_in_first_only + value.above_in_second_only) +
                        0.25 * value.tied_in_both;
    const auto n = static_cast<double>(a_.size());
    return CorrelationOf(all_.products - a * b - lost + both,
                         SquaresWithout(all_.squares_first, a, a_above_a_[i], first_.count[i]),
                         SquaresWithout(all_.squares_second, b, b_above_b_[j], second_.count[j]), n - 1);
  }

 private:
  double SquaresWithout(double squares, double rank, double above, uint32_t count) const {
    const double tied = count - 1;
    const double larger = static_cast<double>(a_.size()) - rank - tied / 2;
    return squares - rank * rank - 2 * (above - rank / 2) + larger + tied / 4;
  }

  const DenseRanks& first_;
  const DenseRanks& second_;
  std::vector<double> a_;
  std::vector<double> b_;
  RankSums all_;
  std::vector<double> a_above_a_;
  std::vector<double> b_above_b_;
  std::vector<double> a_above_b_;
  std::vector<double> b_above_a_;
};

// Leaving out a child takes its pairs away.
Jackknifed TauWithout(const PairCounts& all, const std::vector<PairCounts>& of_each) {
  Jackknifed tau;
  tau.value = KendallTauB(all);
  tau.without.reserve(of_each.size());
  for (const PairCounts& own : of_each) {
    PairCounts others = all;
    others -= own;
    tau.without.push_back(KendallTauB(others));
  }
  return tau;
}

std::vector<std::vector<size_t>> GroupsOf(const DenseRanks& third) {
  std::vector<std::vector<size_t>> groups(third.count.size());
  for (size_t at = 0; at < third.rank.size(); ++at) groups[third.rank[at]].push_back(at);
  return groups;
}

DenseRanks RanksOf(const std::vector<double>& values, const std::vector<size_t>& group) {
  std::vector<double> own;
  own.reserve(group.size());
  for (const size_t at : group) own.push_back(values[at]);
  return RankDensely(own);
}

}  // namespace

PairCounts CountPairs(const std::vector<double>& first, const std::vector<double>& second) {
  return CountPairs(RankDensely(first), RankDensely(second));
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
  const RankSums sums = SumsOf(MidRanks(RankDensely(first)), MidRanks(RankDensely(second)));
  return CorrelationOf(sums.products, sums.squares_first, sums.squares_second, static_cast<double>(first.size()));
}

Jackknifed JackknifedTauB(const std::vector<double>& first, const std::vector<double>& second) {
  std::vector<PairCounts> of_each;
  PairCounts twice;
  for (const ValuePairs& value : CountPairsOfEach(RankDensely(first), RankDensely(second))) {
    of_each.push_back(value.pairs);
    twice += value.pairs;
  }
  return TauWithout(Half(twice), of_each);
}

Jackknifed JackknifedSpearman(const std::vector<double>& first, const std::vector<double>& second) {
  const DenseRanks first_ranks = RankDensely(first);
  const DenseRanks second_ranks = RankDensely(second);
  const SpearmanWithout without(first_ranks, second_ranks);
  Jackknifed spearman;
  spearman.value = without.All();
  const std::vector<ValuePairs> values = CountPairsOfEach(first_ranks, second_ranks);
  for (size_t at = 0; at < values.size(); ++at) spearman.without.push_back(without.Without(at, values[at]));
  return spearman;
}

Jackknifed JackknifedTauAmongEqual(const std::vector<double>& first, const std::vector<double>& second,
                                   const std::vector<double>& third) {
  std::vector<PairCounts> of_each(first.size());
  PairCounts twice;
  for (const std::vector<size_t>& group : GroupsOf(RankDensely(third))) {
    const std::vector<ValuePairs> values = CountPairsOfEach(RanksOf(first, group), RanksOf(second, group));
    for (size_t at = 0; at < group.size(); ++at) {
      of_each[group[at]] = values[at].pairs;
      twice += values[at].pairs;
    }
  }
  return TauWithout(Half(twice), of_each);
}

}  // namespace nasshrink::score
