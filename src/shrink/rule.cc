#include "shrink/rule.h"

#include <algorithm>
#include <utility>

#include "shrink/abs.h"
#include "shrink/pad_nas.h"
#include "shrink/per_choice.h"
#include "shrink/scored_operators.h"
#include "space/codec.h"

namespace nasshrink::shrink {
namespace {

base::Status NotPartOfThisVersion(const char* rule) {
  return base::Error(base::Code::kUnimplemented, "rule '{}' is not part of this version", rule);
}

base::Status CheckDrop(const char* field, uint32_t drop) {
  if (drop > 0) return {};
  return base::Invalid(field, drop, "at least 1", "the rule would drop nothing");
}

Shrunk Without(const space::Space& space, std::vector<v1::OperatorScore> dropped) {
  Shrunk shrunk;
  shrunk.space = space;
  shrunk.edits.set_root_fingerprint(space.root_fingerprint);
  for (const v1::OperatorScore& drop : dropped) {
    std::vector<uint32_t>& alive = shrunk.space.choices[drop.choice()].alive;
    alive.erase(std::remove(alive.begin(), alive.end(), drop.candidate()), alive.end());
    v1::OperatorRef* reference = shrunk.edits.add_drop();
    reference->set_choice(drop.choice());
    reference->set_candidate(drop.candidate());
  }
  space::Finish(shrunk.space);
  shrunk.dropped = std::move(dropped);
  return shrunk;
}

// The scores of the operators that go.
std::vector<v1::OperatorScore> ScoresOf(const std::vector<ScoredOperator>& drops, const v1::OperatorScores& scores) {
  std::vector<v1::OperatorScore> dropped;
  for (const ScoredOperator& drop : drops) {
    dropped.push_back(
        *std::find_if(scores.scores().begin(), scores.scores().end(), [&](const v1::OperatorScore& score) {
          return score.choice() == drop.choice && score.candidate() == drop.candidate;
        }));
  }
  return dropped;
}

base::Result<Shrunk> ApplyPadNas(const space::Space& space, const v1::ShrinkInput& input, const v1::PadNasRule& rule) {
  NASSHRINK_ASSIGN_OR_RETURN(auto frequencies, CountForPadNas(space, input.evaluated(), rule));
  std::vector<v1::OperatorScore> dropped;
  for (const v1::OperatorFrequency& row : frequencies.operators()) {
    if (!row.dropped()) continue;
    v1::OperatorScore& score = dropped.emplace_back();
    score.set_choice(row.choice());
    score.set_candidate(row.candidate());
    score.set_score(row.frequency());
    score.set_children(frequencies.children());
  }
  Shrunk shrunk = Without(space, std::move(dropped));
  *shrunk.edits.mutable_frequencies() = std::move(frequencies);
  return shrunk;
}

}  // namespace

base::Status CheckRule(const v1::ShrinkRule& rule) {
  switch (rule.rule_case()) {
    case v1::ShrinkRule::kAbs:
      return CheckDrop("abs.drop", rule.abs().drop());
    case v1::ShrinkRule::kPerChoice:
      return CheckDrop("per_choice.drop", rule.per_choice().drop());
    case v1::ShrinkRule::kPadNas:
      return CheckPadNas(rule.pad_nas());
    case v1::ShrinkRule::kSeNas:
      return NotPartOfThisVersion("se_nas");
    case v1::ShrinkRule::RULE_NOT_SET:
      break;
  }
  return base::Invalid("rule", "nothing", "abs, per_choice or pad_nas", "no shrinking rule is given");
}

base::Result<Shrunk> ApplyRule(const space::Space& space, const v1::ShrinkInput& input, const v1::ShrinkRule& rule) {
  NASSHRINK_RETURN_IF_ERROR(CheckRule(rule));
  if (rule.has_pad_nas()) return ApplyPadNas(space, input, rule.pad_nas());
  NASSHRINK_ASSIGN_OR_RETURN(auto operators, MatchScores(space, input.scores()));
  const std::vector<ScoredOperator> drops = rule.has_abs()
                                                ? AbsDrops(std::move(operators), rule.abs().drop())
                                                : PerChoiceDrops(std::move(operators), rule.per_choice().drop());
  return Without(space, ScoresOf(drops, input.scores()));
}

}  // namespace nasshrink::shrink
