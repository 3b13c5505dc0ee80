#include "score/given_children.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "space/child_rows.h"
#include "space/count.h"

namespace nasshrink::score {
namespace {

struct Given {
  std::vector<const space::Architecture*> children;
  std::vector<double> values;
};

Given ContainedIn(const space::Space& space, const std::vector<space::Architecture>& children,
                  const std::vector<double>& values) {
  const space::ChildRows rows(space);
  Given given;
  for (size_t at = 0; at < children.size(); ++at) {
    if (std::isnan(values[at]) || !rows.Contains(children[at].data())) continue;
    given.children.push_back(&children[at]);
    given.values.push_back(values[at]);
  }
  return given;
}

Aggregate ScoreOf(const Given& given, uint32_t choice, uint32_t candidate, Aggregation aggregation) {
  std::vector<double> own;
  for (size_t at = 0; at < given.children.size(); ++at) {
    if ((*given.children[at])[choice] == candidate) own.push_back(given.values[at]);
  }
  return AggregateOf(own, aggregation);
}

}  // namespace

base::Result<v1::OperatorScores> ScoreFromChildren(const space::Space& space,
                                                   const std::vector<space::Architecture>& children,
                                                   const std::vector<double>& values, Aggregation aggregation) {
  const Given given = ContainedIn(space, children, values);
  v1::OperatorScores scores;
  scores.set_children_fingerprint(space.children_fingerprint);
  scores.set_metric("given");
  scores.set_aggregation(AggregationName(aggregation));
  scores.set_exact(space::Children(space) == given.children.size());
  for (uint32_t choice = 0; choice < space.choices.size(); ++choice) {
    for (const uint32_t candidate : space.choices[choice].alive) {
      const Aggregate aggregate = ScoreOf(given, choice, candidate, aggregation);
      if (aggregate.children == 0) {
        return base::Error(base::Code::kFailedPrecondition,
                           "operator '{}' of choice '{}' is in none of the {} children given for the space",
                           space.choices[choice].candidates[candidate].label, space.choices[choice].key,
                           given.children.size());
      }
      v1::OperatorScore* score = scores.add_scores();
      score->set_choice(choice);
      score->set_candidate(candidate);
      score->set_score(aggregate.score);
      score->set_standard_error(scores.exact() ? 0 : aggregate.standard_error);
      score->set_children(aggregate.children);
    }
  }
  return scores;
}

}  // namespace nasshrink::score
