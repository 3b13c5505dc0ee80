#include "shrink/scored_operators.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace nasshrink::shrink {
namespace {

std::string NameOf(const space::Space& space, uint32_t choice, uint32_t candidate) {
  const space::Choice& named = space.choices[choice];
  return fmt::format("'{}' of choice '{}'", named.candidates[candidate].label, named.key);
}

base::Status CheckScore(const space::Space& space, const v1::OperatorScore& score) {
  if (score.choice() >= space.choices.size()) {
    return base::Invalid("choice", score.choice(), fmt::format("0..{}", space.choices.size() - 1),
                         "names no choice of the space");
  }
  const std::vector<uint32_t>& alive = space.choices[score.choice()].alive;
  if (!std::binary_search(alive.begin(), alive.end(), score.candidate())) {
    return base::Invalid("candidate", score.candidate(), fmt::format("an alive candidate of choice {}", score.choice()),
                         "a score is for an operator that the space does not have");
  }
  if (std::isnan(score.score())) {
    return base::Invalid(
        "score", "nan", "numbers",
        fmt::format("the score of {} is not a number", NameOf(space, score.choice(), score.candidate())));
  }
  for (const auto& [field, error] :
       {std::pair{"standard_error", score.standard_error()}, {"margin_error", score.margin_error()}}) {
    if (error >= 0) continue;
    return base::Invalid(field, error, "0 or more", "is no standard error");
  }
  return {};
}

// Of the operators of one choice; where a margin comes without an error, the two scores are taken as independent.
void SetMargins(std::vector<ScoredOperator>::iterator begin, std::vector<ScoredOperator>::iterator end,
                const std::vector<double>& standard_errors) {
  const auto best =
      std::max_element(begin, end, [](const ScoredOperator& a, const ScoredOperator& b) { return a.score < b.score; });
  const auto error_of = [&](auto scored) { return standard_errors[static_cast<size_t>(scored - begin)]; };
  for (auto scored = begin; scored != end; ++scored) {
    if (scored == best) continue;
    scored->margin = best->score - scored->score;
    if (scored->margin_error == 0) scored->margin_error = std::hypot(error_of(best), error_of(scored));
  }
}

}  // namespace

base::Result<std::vector<ScoredOperator>> MatchScores(const space::Space& space, const v1::OperatorScores& scores) {
  if (scores.children_fingerprint() != space.children_fingerprint) {
    return base::Error(base::Code::kFailedPrecondition, "the scores belong to another space than '{}'", space.name)
        .WithField("scores.children_fingerprint", "", "");
  }
  std::map<std::pair<uint32_t, uint32_t>, const v1::OperatorScore*> by_operator;
  for (int at = 0; at < scores.scores_size(); ++at) {
    const v1::OperatorScore& score = scores.scores(at);
    const std::string prefix = fmt::format("scores.scores[{}].", at);
    NASSHRINK_RETURN_IF_ERROR(CheckScore(space, score).Under(prefix));
    if (!by_operator.emplace(std::pair(score.choice(), score.candidate()), &score).second) {
      return base::Invalid(prefix + "candidate", score.candidate(), "each operator once",
                           fmt::format("{} has two scores", NameOf(space, score.choice(), score.candidate())));
    }
  }
  std::vector<ScoredOperator> matched;
  for (uint32_t choice = 0; choice < space.choices.size(); ++choice) {
    const size_t first = matched.size();
    std::vector<double> standard_errors;
    for (const uint32_t candidate : space.choices[choice].alive) {
      const auto found = by_operator.find({choice, candidate});
      if (found == by_operator.end()) {
        return base::Invalid("scores.scores", fmt::format("{} scores", scores.scores_size()),
                             "one for every alive operator",
                             fmt::format("{} has no score", NameOf(space, choice, candidate)));
      }
      const v1::OperatorScore& score = *found->second;
      const int32_t code = space.choices[choice].candidates[candidate].code;
      matched.push_back({choice, candidate, code, score.score(), 0, score.margin_error()});
      standard_errors.push_back(score.standard_error());
    }
    SetMargins(matched.begin() + static_cast<ptrdiff_t>(first), matched.end(), standard_errors);
  }
  return matched;
}

bool IsInferior(const ScoredOperator& scored, double significance) {
  return significance == 0 || scored.margin > significance * scored.margin_error;
}

void SortForDropping(std::vector<ScoredOperator>& operators) {
  std::sort(operators.begin(), operators.end(), [](const ScoredOperator& a, const ScoredOperator& b) {
    return std::tie(a.score, a.choice, a.code) < std::tie(b.score, b.choice, b.code);
  });
}

}  // namespace nasshrink::shrink
