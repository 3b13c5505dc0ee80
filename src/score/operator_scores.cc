#include "score/operator_scores.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "base/random.h"
#include "score/enumeration.h"
#include "space/architecture.h"

namespace nasshrink::score {
namespace {

using Fill = std::function<void(uint64_t begin, size_t count, uint32_t* candidates)>;

struct Aggregate {
  double score = std::numeric_limits<double>::quiet_NaN();
  double standard_error = 0;
  uint64_t children = 0;
};

// Scores of children 0..total-1, block by block; which worker takes a block changes nothing.
base::Result<std::vector<double>> ScoreChildren(uint64_t total, size_t choices, const Fill& fill,
                                                const BlockScorer& scorer, const OperatorScoring& scoring) {
  std::vector<double> values(total);
  const uint64_t block = std::max<size_t>(scoring.block, 1);
  const uint64_t blocks = (total + block - 1) / block;
  const uint64_t wave = scoring.pool == nullptr ? 1 : uint64_t{4} * scoring.pool->workers();
  std::vector<base::Status> statuses;
  for (uint64_t first = 0; first < blocks; first += wave) {
    if (base::Triggered(scoring.cancel)) {
      return base::Error(base::Code::kCancelled, "scoring was cancelled after {} of {} children", first * block, total);
    }
    const size_t now = static_cast<size_t>(std::min(wave, blocks - first));
    statuses.assign(now, {});
    const auto score = [&](size_t from, size_t to) {
      std::vector<uint32_t> candidates(block * choices);
      for (size_t at = from; at < to; ++at) {
        const uint64_t begin = (first + at) * block;
        const size_t count = static_cast<size_t>(std::min(block, total - begin));
        fill(begin, count, candidates.data());
        statuses[at] = scorer(candidates.data(), count, &values[begin]);
      }
    };
    if (scoring.pool == nullptr) {
      score(0, now);
    } else {
      scoring.pool->ParallelFor(now, score);
    }
    for (const base::Status& status : statuses) NASSHRINK_RETURN_IF_ERROR(status);
    if (scoring.progress) scoring.progress(std::min(total, (first + now) * block), total);
  }
  return values;
}

// Compensated (Neumaier 1974), so that the order of children hardly shows.
double Sum(const double* values, size_t count) {
  double sum = 0;
  double lost = 0;
  for (size_t at = 0; at < count; ++at) {
    const double next = sum + values[at];
    lost += std::abs(sum) >= std::abs(values[at]) ? (sum - next) + values[at] : (values[at] - next) + sum;
    sum = next;
  }
  return sum + lost;
}

double Deviation(const double* values, size_t count) {
  if (count < 2) return 0;
  const double mean = Sum(values, count) / static_cast<double>(count);
  double squares = 0;
  for (size_t at = 0; at < count; ++at) squares += (values[at] - mean) * (values[at] - mean);
  return std::sqrt(squares / static_cast<double>(count - 1));
}

void MeanOf(const std::vector<double>& values, Aggregate* aggregate) {
  const auto n = static_cast<double>(values.size());
  aggregate->score = Sum(values.data(), values.size()) / n;
  aggregate->standard_error = Deviation(values.data(), values.size()) / std::sqrt(n);
}

// Standard error of a tail mean: that of the excess over the tail's threshold, divided by the tail's share
// (Trindade et al. 2007, Eq. 8).
void UpperTailOf(std::vector<double> values, Aggregate* aggregate) {
  const size_t best = (values.size() + 19) / 20;
  std::sort(values.begin(), values.end(), std::greater<>());
  aggregate->score = Sum(values.data(), best) / static_cast<double>(best);
  const double threshold = values[best - 1];
  for (double& value : values) value = std::max(value - threshold, 0.0);
  const auto n = static_cast<double>(values.size());
  const double share = static_cast<double>(best) / n;
  aggregate->standard_error = Deviation(values.data(), values.size()) / (share * std::sqrt(n));
}

// Standard error of a median: half the distance between the order statistics one standard deviation of a binomial
// (n, 1/2) either side of the middle.
void MedianOf(std::vector<double> values, Aggregate* aggregate) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  aggregate->score = (values[(n - 1) / 2] + values[n / 2]) / 2;
  const auto reach = static_cast<size_t>(std::ceil(std::sqrt(static_cast<double>(n)) / 2));
  const size_t low = (n - 1) / 2 - std::min((n - 1) / 2, reach);
  const size_t high = std::min(n - 1, n / 2 + reach);
  aggregate->standard_error = (values[high] - values[low]) / 2;
}

// Failed children (NaN) are left out.
Aggregate AggregateOf(std::vector<double> values, Aggregation aggregation) {
  values.erase(std::remove_if(values.begin(), values.end(), [](double v) { return std::isnan(v); }), values.end());
  Aggregate aggregate;
  aggregate.children = values.size();
  if (values.empty()) return aggregate;
  switch (aggregation) {
    case Aggregation::kMean:
      MeanOf(values, &aggregate);
      break;
    case Aggregation::kUpperTail:
      UpperTailOf(std::move(values), &aggregate);
      break;
    case Aggregation::kMedian:
      MedianOf(std::move(values), &aggregate);
      break;
  }
  return aggregate;
}

void AddScore(size_t choice, uint32_t candidate, const Aggregate& aggregate, bool exact, v1::OperatorScores* scores) {
  v1::OperatorScore* score = scores->add_scores();
  score->set_choice(static_cast<uint32_t>(choice));
  score->set_candidate(candidate);
  score->set_score(aggregate.score);
  score->set_standard_error(exact ? 0 : aggregate.standard_error);
  score->set_children(aggregate.children);
}

base::Status ScoreExactly(const Enumeration& children, const BlockScorer& scorer, const OperatorScoring& scoring,
                          v1::OperatorScores* scores) {
  const Fill fill = [&](uint64_t begin, size_t count, uint32_t* candidates) {
    children.Fill(begin, count, candidates);
  };
  NASSHRINK_ASSIGN_OR_RETURN(const auto values,
                             ScoreChildren(children.children(), children.choices(), fill, scorer, scoring));
  for (size_t choice = 0; choice < children.choices(); ++choice) {
    const uint64_t run = children.stride(choice);
    const uint64_t period = run * children.alive(choice).size();
    for (size_t digit = 0; digit < children.alive(choice).size(); ++digit) {
      std::vector<double> own;
      own.reserve(children.children() / children.alive(choice).size());
      for (uint64_t start = digit * run; start < children.children(); start += period) {
        const auto from = values.begin() + static_cast<ptrdiff_t>(start);
        own.insert(own.end(), from, from + static_cast<ptrdiff_t>(run));
      }
      AddScore(choice, children.alive(choice)[digit], AggregateOf(std::move(own), scoring.aggregation), true, scores);
    }
  }
  return {};
}

// Without constraints the uniform distribution over the children with an operator is one uniform draw in every other
// choice. A draw depends on the seed, the operator and its number alone.
base::Status ScoreBySampling(const space::Space& space, const BlockScorer& scorer, const OperatorScoring& scoring,
                             v1::OperatorScores* scores) {
  std::vector<std::pair<uint32_t, uint32_t>> operators;
  for (uint32_t choice = 0; choice < space.choices.size(); ++choice) {
    for (const uint32_t candidate : space.choices[choice].alive) {
      operators.emplace_back(choice, candidate);
    }
  }
  const uint64_t samples = scoring.samples_per_operator;
  const size_t choices = space.choices.size();
  const Fill fill = [&](uint64_t begin, size_t count, uint32_t* candidates) {
    for (uint64_t child = begin; child < begin + count; ++child, candidates += choices) {
      const auto [fixed, candidate] = operators[child / samples];
      base::Philox random(scoring.seed, base::Purpose::kScore, child % samples, fixed << 16 | candidate);
      for (size_t choice = 0; choice < choices; ++choice) {
        const std::vector<uint32_t>& alive = space.choices[choice].alive;
        const uint32_t drawn = alive[random.Below(static_cast<uint32_t>(alive.size()))];
        candidates[choice] = choice == fixed ? candidate : drawn;
      }
    }
  };
  NASSHRINK_ASSIGN_OR_RETURN(const auto values,
                             ScoreChildren(operators.size() * samples, choices, fill, scorer, scoring));
  for (size_t at = 0; at < operators.size(); ++at) {
    const auto from = values.begin() + static_cast<ptrdiff_t>(at * samples);
    const std::vector<double> own(from, from + static_cast<ptrdiff_t>(samples));
    AddScore(operators[at].first, operators[at].second, AggregateOf(own, scoring.aggregation), false, scores);
  }
  return {};
}

constexpr const char* kAggregations[] = {"mean", "upper_tail", "median"};

}  // namespace

base::Result<Aggregation> AggregationFromName(std::string_view name) {
  if (name.empty()) return Aggregation::kMean;
  for (size_t at = 0; at < std::size(kAggregations); ++at) {
    if (name == kAggregations[at]) return static_cast<Aggregation>(at);
  }
  return base::Invalid("aggregation", name, "mean, upper_tail or median", "names no aggregation");
}

const char* AggregationName(Aggregation aggregation) { return kAggregations[static_cast<size_t>(aggregation)]; }

base::Result<v1::OperatorScores> ScoreOperators(const space::Space& space, const BlockScorer& scorer,
                                                const OperatorScoring& scoring) {
  NASSHRINK_RETURN_IF_ERROR(space::CheckListed(space));
  for (const space::Cell& cell : space.network.cells) {
    if (cell.node_inputs.empty()) continue;
    return base::Error(base::Code::kUnimplemented,
                       "scores of operators in cells whose nodes keep only some of their edges are "
                       "not part of this version (cell '{}')",
                       cell.key);
  }
  v1::OperatorScores scores;
  scores.set_children_fingerprint(space.children_fingerprint);
  scores.set_metric(scoring.metric);
  scores.set_aggregation(AggregationName(scoring.aggregation));
  const auto enumeration = Enumeration::UpTo(space, scoring.enumerate_up_to);
  scores.set_exact(enumeration.has_value());
  if (enumeration) {
    NASSHRINK_RETURN_IF_ERROR(ScoreExactly(*enumeration, scorer, scoring, &scores));
    return scores;
  }
  if (scoring.samples_per_operator == 0) {
    return base::Invalid("samples_per_operator", 0, "at least 1",
                         "the space is too large to enumerate and no children may be sampled");
  }
  NASSHRINK_RETURN_IF_ERROR(ScoreBySampling(space, scorer, scoring, &scores));
  return scores;
}

BlockScorer AngleBlocks(const AngleScorer& scorer) {
  return [&scorer](const uint32_t* candidates, size_t count, double* scores) {
    return scorer.Angles(candidates, count, scores);
  };
}

}  // namespace nasshrink::score
