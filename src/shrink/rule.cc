#include "shrink/rule.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "shrink/abs.h"
#include "shrink/pad_nas.h"
#include "shrink/per_choice.h"
#include "shrink/scored_operators.h"
#include "shrink/se_nas.h"
#include "space/codec.h"

namespace nasshrink::shrink {
namespace {

base::Status CheckDrop(const std::string& rule, uint32_t drop, double significance) {
  if (drop == 0) return base::Invalid(rule + ".drop", drop, "at least 1", "the rule would drop nothing");
  if (significance >= 0 && std::isfinite(significance)) return {};
  return base::Invalid(rule + ".significance", significance, "0 or more standard errors", "is out of range");
}

// The numbers that a rule on scores compares.
base::Result<std::vector<ScoredOperator>> ComparedOf(std::vector<ScoredOperator> operators,
                                                     const v1::ShrinkRule& rule) {
  if (!rule.has_se_nas()) return operators;
  NASSHRINK_ASSIGN_OR_RETURN(const Combination combination, CombinationFromName(rule.se_nas().combination()));
  return Combine(std::move(operators), combination);
}

std::vector<ScoredOperator> Connecting(const space::Space& space, std::vector<ScoredOperator> operators) {
  const auto breaks = [&](const ScoredOperator& scored) {
    return space::BreaksPath(space.choices[scored.choice].candidates[scored.candidate]);
  };
  operators.erase(std::remove_if(operators.begin(), operators.end(), breaks), operators.end());
  return operators;
}

std::vector<ScoredOperator> DropsOf(const space::Space& space, const std::vector<ScoredOperator>& compared,
                                    const v1::ShrinkRule& rule) {
  if (rule.has_abs()) return AbsDrops(compared, rule.abs().drop(), rule.abs().significance());
  if (rule.has_se_nas()) return AbsDrops(compared, rule.se_nas().drop(), rule.se_nas().significance());
  const v1::PerChoiceRule& each = rule.per_choice();
  return PerChoiceDrops(each.keep_none() ? Connecting(space, compared) : compared, each.drop(), each.significance());
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
      return CheckDrop("abs", rule.abs().drop(), rule.abs().significance());
    case v1::ShrinkRule::kPerChoice:
      return CheckDrop("per_choice", rule.per_choice().drop(), rule.per_choice().significance());
    case v1::ShrinkRule::kPadNas:
      return CheckPadNas(rule.pad_nas());
    case v1::ShrinkRule::kSeNas:
      NASSHRINK_RETURN_IF_ERROR(
          base::Status(CombinationFromName(rule.se_nas().combination()).status()).Under("se_nas."));
      return CheckDrop("se_nas", rule.se_nas().drop(), rule.se_nas().significance());
    case v1::ShrinkRule::RULE_NOT_SET:
      break;
  }
  return base::Invalid("rule", "nothing", "abs, per_choice, pad_nas or se_nas", "no shrinking rule is given");
}

base::Result<Shrunk> ApplyRule(const space::Space& space, const v1::ShrinkInput& input, const v1::ShrinkRule& rule) {
  NASSHRINK_RETURN_IF_ERROR(CheckRule(rule));
  if (rule.has_pad_nas()) return ApplyPadNas(space, input, rule.pad_nas());
  NASSHRINK_ASSIGN_OR_RETURN(auto operators, MatchScores(space, input.scores()));
  NASSHRINK_ASSIGN_OR_RETURN(auto compared, ComparedOf(std::move(operators), rule));
  Shrunk shrunk = Without(space, ScoresOf(DropsOf(space, compared, rule), input.scores()));
  shrunk.compared = std::move(compared);
  return shrunk;
}

}  // namespace nasshrink::shrink
