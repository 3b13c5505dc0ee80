#include "score/operator_scores.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "base/random.h"
#include "score/balanced_children.h"
#include "score/enumeration.h"
#include "space/architecture.h"

namespace nasshrink::score {
namespace {

// No operator has this choice, so the stream is that of no independent draw.
constexpr uint32_t kSharedDraw = std::numeric_limits<uint32_t>::max() - 1;

using Fill = std::function<void(uint64_t begin, size_t count, uint32_t* candidates)>;

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

v1::OperatorScore* AddScore(size_t choice, uint32_t candidate, const Aggregate& aggregate, v1::OperatorScores* scores) {
  v1::OperatorScore* score = scores->add_scores();
  score->set_choice(static_cast<uint32_t>(choice));
  score->set_candidate(candidate);
  score->set_score(aggregate.score);
  score->set_children(aggregate.children);
  return score;
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
      AddScore(choice, children.alive(choice)[digit], AggregateOf(own, scoring.aggregation), scores);
    }
  }
  return {};
}

// Children drawn for every operator, and their scores so far.
class Samples {
 public:
  Samples(const space::Space& space, const BlockScorer& scorer, const OperatorScoring& scoring)
      : space_(space), scorer_(scorer), scoring_(scoring) {
    for (uint32_t choice = 0; choice < space.choices.size(); ++choice) {
      for (const uint32_t candidate : space.choices[choice].alive) operators_.push_back({choice, candidate, {}});
    }
  }

  uint64_t drawn() const { return drawn_; }

  // Draws and scores children until every operator has `count`, or at least as many where sampling is balanced.
  base::Status GrowTo(uint64_t count) {
    if (scoring_.sampling == Sampling::kBalanced) return GrowBalanced(count);
    const uint64_t more = count - drawn_;
    const Fill fill = [&](uint64_t begin, size_t size, uint32_t* candidates) {
      for (uint64_t child = begin; child < begin + size; ++child, candidates += space_.choices.size()) {
        Draw(operators_[child / more], drawn_ + child % more, candidates);
      }
    };
    NASSHRINK_ASSIGN_OR_RETURN(const auto values,
                               ScoreChildren(operators_.size() * more, space_.choices.size(), fill, scorer_, scoring_));
    for (size_t at = 0; at < operators_.size(); ++at) {
      const auto from = values.begin() + static_cast<ptrdiff_t>(at * more);
      operators_[at].values.insert(operators_[at].values.end(), from, from + static_cast<ptrdiff_t>(more));
    }
    drawn_ = count;
    return {};
  }

  void Write(v1::OperatorScores* scores) const {
    scores->clear_scores();
    for (const Operator& scored : operators_) {
      const Aggregate aggregate = AggregateOf(scored.values, scoring_.aggregation);
      AddScore(scored.choice, scored.candidate, aggregate, scores)->set_standard_error(aggregate.standard_error);
    }
    for (size_t begin = 0; begin < operators_.size();) {
      const size_t end = begin + space_.choices[operators_[begin].choice].alive.size();
      WriteMarginErrors(begin, end, scores);
      begin = end;
    }
  }

 private:
  struct Operator {
    uint32_t choice = 0;
    uint32_t candidate = 0;
    std::vector<double> values;
  };

  // Without constraints the uniform distribution over the children with an operator is one uniform draw in every other
  // choice. A draw depends on the seed, its number and, unless it is shared, the operator alone.
  void Draw(const Operator& scored, uint64_t number, uint32_t* candidates) const {
    const bool swap = scoring_.sampling == Sampling::kSwap;
    base::Philox random(scoring_.seed, base::Purpose::kScore, number,
                        swap ? kSharedDraw : scored.choice << 16 | scored.candidate);
    for (size_t choice = 0; choice < space_.choices.size(); ++choice) {
      const std::vector<uint32_t>& alive = space_.choices[choice].alive;
      const uint32_t drawn = alive[random.Below(static_cast<uint32_t>(alive.size()))];
      candidates[choice] = choice == scored.choice ? scored.candidate : drawn;
    }
  }

  base::Status GrowBalanced(uint64_t count) {
    const BalancedChildren children(space_, scoring_.seed);
    const uint64_t first = drawn_ * children.per_round();
    const Fill fill = [&](uint64_t begin, size_t size, uint32_t* candidates) {
      for (uint64_t child = first + begin; child < first + begin + size; ++child) {
        children.Fill(child, candidates);
        candidates += space_.choices.size();
      }
    };
    const uint64_t total = (count - drawn_) * children.per_round();
    NASSHRINK_ASSIGN_OR_RETURN(const auto values, ScoreChildren(total, space_.choices.size(), fill, scorer_, scoring_));
    space::Architecture child(space_.choices.size());
    for (uint64_t row = 0; row < total; ++row) {
      children.Fill(first + row, child.data());
      for (Operator& scored : operators_) {
        if (child[scored.choice] == scored.candidate) scored.values.push_back(values[row]);
      }
    }
    drawn_ = count;
    return {};
  }

  // Of the operators begin..end-1, which are those of one choice.
  void WriteMarginErrors(size_t begin, size_t end, v1::OperatorScores* scores) const {
    size_t best = begin;
    for (size_t at = begin; at < end; ++at) {
      if (scores->scores(static_cast<int>(at)).score() > scores->scores(static_cast<int>(best)).score()) best = at;
    }
    for (size_t at = begin; at < end; ++at) {
      if (at == best) continue;
      scores->mutable_scores(static_cast<int>(at))
          ->set_margin_error(DifferenceError(operators_[best].values, operators_[at].values, scoring_.aggregation,
                                             scoring_.sampling == Sampling::kSwap));
    }
  }

  const space::Space& space_;
  const BlockScorer& scorer_;
  const OperatorScoring& scoring_;
  std::vector<Operator> operators_;
  uint64_t drawn_ = 0;
};

// Whether every operator but the best of each choice is that many standard errors of the difference below it.
bool AllSettled(const v1::OperatorScores& scores, double significance) {
  std::map<uint32_t, double> best;
  for (const v1::OperatorScore& score : scores.scores()) {
    const auto [found, added] = best.emplace(score.choice(), score.score());
    if (!added) found->second = std::max(found->second, score.score());
  }
  return std::all_of(scores.scores().begin(), scores.scores().end(), [&](const v1::OperatorScore& score) {
    return score.margin_error() == 0 || best[score.choice()] - score.score() > significance * score.margin_error();
  });
}

base::Status ScoreBySampling(const space::Space& space, const BlockScorer& scorer, const OperatorScoring& scoring,
                             v1::OperatorScores* scores) {
  Samples samples(space, scorer, scoring);
  NASSHRINK_RETURN_IF_ERROR(samples.GrowTo(scoring.samples_per_operator));
  samples.Write(scores);
  while (scoring.significance > 0 && samples.drawn() < scoring.max_samples_per_operator &&
         !AllSettled(*scores, scoring.significance)) {
    NASSHRINK_RETURN_IF_ERROR(
        samples.GrowTo(std::min<uint64_t>(2 * samples.drawn(), scoring.max_samples_per_operator)));
    samples.Write(scores);
  }
  return {};
}

constexpr const char* kSamplings[] = {"independent", "swap", "balanced"};

}  // namespace

base::Result<Sampling> SamplingFromName(std::string_view name) {
  if (name.empty()) return Sampling::kIndependent;
  for (size_t at = 0; at < std::size(kSamplings); ++at) {
    if (name == kSamplings[at]) return static_cast<Sampling>(at);
  }
  return base::Invalid("sampling", name, "independent, swap or balanced", "names no way to draw children");
}

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
