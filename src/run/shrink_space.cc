#include "run/shrink_space.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "score/given_children.h"
#include "space/architecture.h"
#include "space/child_index.h"
#include "space/codec.h"
#include "space/cost.h"
#include "space/count.h"

namespace nasshrink::run {
namespace {

using base::Invalid;
using base::Status;
using shrink::ScoredOperator;

struct GivenChildren {
  std::vector<space::Architecture> children;
  std::vector<double> values;
};

base::Result<GivenChildren> ReadGiven(const space::Space& space, const v1::EvaluatedArchitectures& evaluated) {
  v1::ArchitectureList list;
  list.set_root_fingerprint(evaluated.root_fingerprint());
  list.set_choices(evaluated.choices());
  *list.mutable_candidates() = evaluated.candidates();
  auto children = space::ArchitecturesFromMessage(space::RootOf(space), list);
  if (!children.ok()) return Status(children.status()).Under("evaluated.");
  if (evaluated.objectives().empty()) {
    return Invalid("evaluated.objectives", "nothing", "at least one", "the children have no scores");
  }
  const auto& values = evaluated.objectives(0).values();
  if (static_cast<size_t>(values.size()) != children->size()) {
    return Invalid("evaluated.objectives[0].values", values.size(), fmt::format("{}", children->size()),
                   "there is not one value a child");
  }
  GivenChildren given;
  std::set<space::Architecture> seen;
  for (int at = 0; at < values.size(); ++at) {
    space::Architecture& child = (*children)[static_cast<size_t>(at)];
    if (std::isinf(values[at])) {
      return Invalid(fmt::format("evaluated.objectives[0].values[{}]", at), values[at],
                     "finite numbers, or NaN for a child that failed", "is infinite");
    }
    if (!seen.insert(child).second) {
      return Invalid(fmt::format("evaluated.candidates[row {}]", at), space::CodesOf(space, child), "each child once",
                     "is given twice");
    }
    given.children.push_back(std::move(child));
    given.values.push_back(evaluated.objectives(0).maximise() ? values[at] : -values[at]);
  }
  return given;
}

void Append(shrink::Shrunk step, Shrinking* shrinking) {
  shrinking->space = step.space;
  shrinking->edits.MergeFrom(step.edits);
  shrinking->steps.push_back(std::move(step));
}

base::Result<Shrinking> ShrinkByChildren(const space::Space& space, const v1::EvaluatedArchitectures& evaluated,
                                         const v1::ShrinkRule& rule) {
  NASSHRINK_RETURN_IF_ERROR(space::CheckListed(space));
  NASSHRINK_RETURN_IF_ERROR(shrink::CheckRule(rule));
  NASSHRINK_ASSIGN_OR_RETURN(const GivenChildren given, ReadGiven(space, evaluated));
  const auto aggregation = score::AggregationFromName(rule.abs().aggregation());
  if (!aggregation.ok()) return Status(aggregation.status()).Under("abs.");
  Shrinking shrinking;
  shrinking.space = space;
  shrinking.edits.set_root_fingerprint(space.root_fingerprint);
  v1::ShrinkRule step = rule;
  if (rule.abs().rescore()) step.mutable_abs()->set_drop(1);
  for (uint32_t left = rule.abs().drop(); left > 0; left -= step.abs().drop()) {
    v1::ShrinkInput input;
    NASSHRINK_ASSIGN_OR_RETURN(*input.mutable_scores(),
                               score::ScoreFromChildren(shrinking.space, given.children, given.values, *aggregation));
    NASSHRINK_ASSIGN_OR_RETURN(shrink::Shrunk shrunk, shrink::ApplyRule(shrinking.space, input, step));
    if (shrunk.dropped.empty()) break;
    Append(std::move(shrunk), &shrinking);
  }
  return shrinking;
}

void AddCosts(const space::Space& space, google::protobuf::RepeatedPtrField<v1::CostRange>* costs) {
  const auto model = space::CostModel::Make(space);
  if (!model.ok()) return;
  const auto add = [&](const char* name, uint64_t min, uint64_t max) {
    v1::CostRange* range = costs->Add();
    range->set_cost(name);
    range->set_min(static_cast<double>(min));
    range->set_max(static_cast<double>(max));
  };
  add("macs", model->min().macs, model->max().macs);
  add("params", model->min().params, model->max().params);
}

// What could have gone instead: the lowest of all that are neither gone nor alone, of the same choice when the rule
// looks at every choice by itself. NULL for nothing.
const ScoredOperator* RunnerUp(const std::vector<ScoredOperator>& sorted, const std::set<const ScoredOperator*>& gone,
                               std::map<uint32_t, size_t> left, const ScoredOperator& removed, bool per_choice) {
  ++left[removed.choice];  // as if it had stayed
  for (const ScoredOperator& other : sorted) {
    if (gone.count(&other) != 0 || left[other.choice] < 2) continue;
    if (per_choice && other.choice != removed.choice) continue;
    return &other;
  }
  return nullptr;
}

void WriteRemoval(const v1::OperatorScore& score, const ScoredOperator& removed, const ScoredOperator* runner_up,
                  v1::Removal* removal) {
  *removal->mutable_score() = score;
  removal->set_rule_score(removed.score);
  removal->set_margin(removed.margin);
  removal->set_margin_error(removed.margin_error);
  if (runner_up == nullptr) return;
  removal->mutable_runner_up()->set_choice(runner_up->choice);
  removal->mutable_runner_up()->set_candidate(runner_up->candidate);
  removal->set_runner_up_margin(runner_up->score - removed.score);
}

// Takes the step's drops out of `space` one after another.
void WriteStep(const shrink::Shrunk& step, bool per_choice, space::Space* space, v1::ShrinkJournal* journal) {
  std::vector<ScoredOperator> sorted = step.compared;
  shrink::SortForDropping(sorted);
  std::map<uint32_t, size_t> left;
  for (const ScoredOperator& scored : sorted) ++left[scored.choice];
  std::set<const ScoredOperator*> gone;
  for (const v1::OperatorScore& score : step.dropped) {
    std::vector<uint32_t>& alive = space->choices[score.choice()].alive;
    alive.erase(std::remove(alive.begin(), alive.end(), score.candidate()), alive.end());
    v1::Removal* removal = journal->add_removals();
    *removal->mutable_score() = score;
    const auto removed = std::find_if(sorted.begin(), sorted.end(), [&](const ScoredOperator& scored) {
      return scored.choice == score.choice() && scored.candidate == score.candidate();
    });
    if (removed != sorted.end()) {
      gone.insert(&*removed);
      --left[removed->choice];
      WriteRemoval(score, *removed, RunnerUp(sorted, gone, left, *removed, per_choice), removal);
    }
    removal->set_children(space::ChildrenText(*space));
    removal->set_operators(static_cast<uint32_t>(space->OperatorCount()));
    AddCosts(*space, removal->mutable_costs());
  }
}

}  // namespace

base::Result<Shrinking> ShrinkSpace(const space::Space& space, const v1::ShrinkInput& input,
                                    const v1::ShrinkRule& rule) {
  if (rule.has_abs() && !input.has_scores() && input.has_evaluated()) {
    return ShrinkByChildren(space, input.evaluated(), rule);
  }
  NASSHRINK_ASSIGN_OR_RETURN(shrink::Shrunk shrunk, shrink::ApplyRule(space, input, rule));
  Shrinking shrinking;
  shrinking.edits.set_root_fingerprint(space.root_fingerprint);
  Append(std::move(shrunk), &shrinking);
  return shrinking;
}

v1::ShrinkJournal JournalOf(const space::Space& space, const Shrinking& shrinking, const v1::ShrinkRule& rule) {
  v1::ShrinkJournal journal;
  journal.set_children(space::ChildrenText(space));
  journal.set_operators(static_cast<uint32_t>(space.OperatorCount()));
  AddCosts(space, journal.mutable_costs());
  space::Space left = space;
  for (const shrink::Shrunk& step : shrinking.steps) WriteStep(step, rule.has_per_choice(), &left, &journal);
  return journal;
}

}  // namespace nasshrink::run
