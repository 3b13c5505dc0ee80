// shrink
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "files.h"
#include "handles.h"
#include "known_children.h"
#include "model.h"
#include "nasshrink/v1/context.pb.h"
#include "nasshrink/v1/score.pb.h"
#include "options.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

struct ShrinkArguments {
  std::string space;
  std::string scores;
  std::string children;
  std::string evaluated;
  std::string rule;
  uint32_t drop = 1;
  double significance = 0;
  std::string combination;
  std::string aggregation;
  bool rescore = false;
  std::optional<double> threshold;
  uint32_t fronts = 0;
  std::string pool;
  bool explain = false;
  std::string edits;
  std::string out;
};

template <typename Rule>
void SetDrop(const ShrinkArguments& arguments, Rule* rule) {
  rule->set_drop(arguments.drop);
  rule->set_significance(arguments.significance);
}

v1::ShrinkRule RuleOf(nasshrink_context* context, const ShrinkArguments& arguments) {
  v1::ShrinkRule rule;
  if (arguments.rule == "abs") {
    SetDrop(arguments, rule.mutable_abs());
    rule.mutable_abs()->set_aggregation(arguments.aggregation);
    rule.mutable_abs()->set_rescore(arguments.rescore);
  } else if (arguments.rule == "per-choice" || arguments.rule == "per_choice") {
    SetDrop(arguments, rule.mutable_per_choice());
  } else if (arguments.rule == "se-nas" || arguments.rule == "se_nas") {
    SetDrop(arguments, rule.mutable_se_nas());
    rule.mutable_se_nas()->set_combination(arguments.combination);
  } else if (arguments.rule == "pad-nas" || arguments.rule == "pad_nas") {
    v1::PadNasRule* pad_nas = rule.mutable_pad_nas();
    if (arguments.threshold) pad_nas->set_threshold(*arguments.threshold);
    pad_nas->set_fronts(arguments.fronts);
    pad_nas->set_pool(arguments.pool);
  } else {
    std::string names;
    const auto listing = Ask<v1::RegistryListing>(nasshrink_registry_list, context, "rules");
    for (const auto& entry : listing.entries()) names += (names.empty() ? "" : ", ") + entry.name();
    FailCall(fmt::format("--rule: there is no rule '{}' (rules: {})", arguments.rule, names));
  }
  return rule;
}

// Scores of children for the rule to score operators from.
void ReadChildren(nasshrink_context* context, const nasshrink_space* space, const std::string& csv,
                  v1::EvaluatedArchitectures* evaluated) {
  const CsvSource source = CsvSourceOf(csv);
  const KnownChildren known = ReadKnownChildren(context, space, source.path, source.column, {"score"});
  const v1::SpaceSummary summary = SummaryOf(space);
  evaluated->set_root_fingerprint(summary.root_fingerprint());
  evaluated->set_choices(summary.choices());
  for (const Row& row : known.rows) evaluated->mutable_candidates()->Add(row.begin(), row.end());
  v1::Objective* objective = evaluated->add_objectives();
  objective->set_name(source.name);
  objective->set_maximise(true);
  objective->mutable_values()->Add(known.values.begin(), known.values.end());
}

// The children of a search by several metrics.
void ReadReport(const std::string& file, v1::EvaluatedArchitectures* evaluated) {
  if (file.empty()) {
    FailCall("--evaluated is required: a file of StudyReport (nasshrink search --metric accuracy,macs)");
  }
  v1::StudyReport report;
  ReadMessage(file, &report);
  if (!report.has_evaluated()) FailCall(file + ": the search had one metric, fronts need two or more");
  *evaluated = report.evaluated();
}

// What the rule reads, and the file it is from.
const std::string& ReadInput(nasshrink_context* context, const nasshrink_space* space, const ShrinkArguments& arguments,
                             const v1::ShrinkRule& rule, v1::ShrinkInput* input) {
  if (rule.has_pad_nas()) {
    ReadReport(arguments.evaluated, input->mutable_evaluated());
    return arguments.evaluated;
  }
  if (arguments.scores.empty() == arguments.children.empty()) {
    FailCall("give one of --scores, a file of OperatorScores (nasshrink score-operators), and --children CSV");
  }
  if (!arguments.scores.empty()) {
    if (arguments.rescore || !arguments.aggregation.empty()) {
      FailCall("--rescore and --aggregation make scores of operators from --children; --scores holds them already");
    }
    ReadMessage(arguments.scores, input->mutable_scores());
    return arguments.scores;
  }
  if (!rule.has_abs()) FailCall("--children: takes --rule abs; score-operators makes --scores for other rules");
  ReadChildren(context, space, arguments.children, input->mutable_evaluated());
  return arguments.children;
}

[[noreturn]] void FailInput(const std::string& file, Outcome outcome) {
  const std::string field = outcome.field();
  if (field.rfind("scores", 0) == 0 || field.rfind("evaluated", 0) == 0)
    outcome.message = file + ": " + outcome.message;
  FailWith(outcome);
}

// Every operator that a rule counted.
Json FrequenciesJson(const v1::SearchSpace& space, const v1::OperatorFrequencies& frequencies) {
  Json rows = Json::array();
  for (const v1::OperatorFrequency& row : frequencies.operators()) {
    Json operator_row = OperatorJson(space, row.choice(), row.candidate());
    operator_row["count"] = row.count();
    operator_row["frequency"] = row.frequency();
    rows.push_back(std::move(operator_row));
  }
  return rows;
}

void AddCosts(const google::protobuf::RepeatedPtrField<v1::CostRange>& costs, Json* json) {
  for (const v1::CostRange& range : costs) {
    (*json)[range.cost() + "_min"] = range.min();
    (*json)[range.cost() + "_max"] = range.max();
  }
}

// One removal as shown by --explain. `undo` is what `space restrict --restore` takes.
Json RemovalJson(const v1::SearchSpace& space, const v1::Removal& removal) {
  const v1::OperatorScore& score = removal.score();
  Json json = OperatorJson(space, score.choice(), score.candidate());
  json["score"] = score.score();
  json["standard_error"] = score.standard_error();
  if (removal.rule_score() != score.score()) json["rule_score"] = removal.rule_score();
  json["margin"] = removal.margin();
  json["margin_error"] = removal.margin_error();
  if (removal.has_runner_up()) {
    const Json other = OperatorJson(space, removal.runner_up().choice(), removal.runner_up().candidate());
    json["runner_up"] = fmt::format("{}:{}", other["choice"].get<uint32_t>(), other["op"].get<int32_t>());
    json["runner_up_margin"] = removal.runner_up_margin();
  } else {
    json["runner_up"] = nullptr;
    json["runner_up_margin"] = nullptr;
  }
  json["children"] = removal.children();
  json["operators"] = removal.operators();
  AddCosts(removal.costs(), &json);
  json["undo"] = fmt::format("{}:{}", score.choice(), json["op"].get<int32_t>());
  return json;
}

Json JournalJson(const v1::SearchSpace& space, const v1::ShrinkJournal& journal) {
  Json before = {{"children", journal.children()}, {"operators", journal.operators()}};
  AddCosts(journal.costs(), &before);
  Json removals = Json::array();
  for (const v1::Removal& removal : journal.removals()) removals.push_back(RemovalJson(space, removal));
  return {{"before", before}, {"removals", removals}};
}

void ShrinkSpace(const SharedOptions& shared, const ShrinkArguments& arguments) {
  const Context context = OpenContext(shared);
  const Model model = OpenModel(context.get(), arguments.space);
  const v1::ShrinkRule how = RuleOf(context.get(), arguments);
  v1::ShrinkInput read;
  const std::string& file = ReadInput(context.get(), model.space.get(), arguments, how, &read);
  const std::string rule = how.SerializeAsString();
  const std::string input = read.SerializeAsString();
  nasshrink_space* shrunk = nullptr;
  nasshrink_buffer* edits = nullptr;
  const Outcome outcome = Try(nasshrink_space_shrink, model.space.get(), Data(input), input.size(), Data(rule),
                              rule.size(), &shrunk, &edits);
  if (!outcome.ok()) FailInput(file, outcome);
  const Space owned(shrunk);
  const auto applied = MessageOf<v1::SpaceEdits>(Buffer(edits));
  WriteSpace(arguments.out, shrunk);
  if (!arguments.edits.empty()) WriteMessage(arguments.edits, applied);
  Json dropped = Json::array();
  for (const v1::OperatorRef& reference : applied.drop()) {
    dropped.push_back(OperatorJson(model.message, reference.choice(), reference.candidate()));
  }
  const v1::SpaceSummary summary = SummaryOf(shrunk);
  Json result = {{"dropped", dropped}};
  if (arguments.explain) {
    const auto journal = Ask<v1::ShrinkJournal>(nasshrink_space_explain_shrink, model.space.get(), Data(input),
                                                input.size(), Data(rule), rule.size());
    result["journal"] = JournalJson(model.message, journal);
  }
  result["children"] = summary.children();
  result["fingerprint"] = Hex(summary.full_fingerprint());
  result["file"] = arguments.out;
  if (applied.has_frequencies()) {
    result["counted"] = applied.frequencies().children();
    result["frequencies"] = FrequenciesJson(model.message, applied.frequencies());
  }
  PrintResult(result);
}

void AddOptions(CLI::App* command, const std::shared_ptr<ShrinkArguments>& arguments) {
  command
      ->add_option("SPACE", arguments->space,
                   "The space the scores belong to: preset, file, checkpoint or operator table")
      ->required();
  command->add_option("--scores", arguments->scores,
                      "File of OperatorScores (nasshrink score-operators); for abs, per-choice and se-nas");
  command->add_option("--children", arguments->children,
                      "CSV[:COLUMN] of children's scores (nasshrink score), from which operators are scored; for abs");
  command->add_option("--evaluated", arguments->evaluated,
                      "File of StudyReport of a search by several metrics; for pad-nas");
  command
      ->add_option("--rule", arguments->rule,
                   "abs or se-nas: drop in all; per-choice: drop in every choice; pad-nas: drop what the first fronts "
                   "hardly use")
      ->required();
  command->add_option("--drop", arguments->drop, "Operators to drop (default 1); for all but pad-nas");
  command->add_option("--significance", arguments->significance,
                      "Drop only operators more than this many standard errors below the best of their choice");
  command->add_option("--combination", arguments->combination,
                      "se-nas: times_sd (default), signed_ratio, ratio_of_means, si_only or literal");
  command->add_option("--aggregation", arguments->aggregation,
                      "With --children: mean (default), upper_tail or median of the children with an operator");
  command->add_flag("--rescore", arguments->rescore, "With --children: score operators afresh after every removal");
  command->add_option("--threshold", arguments->threshold, "pad-nas: drop at this frequency or below (default 0.01)");
  command->add_option("--fronts", arguments->fronts, "pad-nas: fronts counted (default 9)");
  command->add_option("--pool", arguments->pool, "pad-nas: archive (default) or population");
  command->add_flag("--explain", arguments->explain, "Show every removal with its score, margins and effect");
  command->add_option("--edits", arguments->edits, "File of SpaceEdits for the drops, in order");
  command->add_option("-o,--output", arguments->out, "File of the shrunk space")->required();
}

}  // namespace

void AddShrinkCommands(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<ShrinkArguments>();
  CLI::App* command = AddCommand(
      app, "shrink", "Drop operators by their scores, or by how often a search's first fronts use them",
      "  nasshrink shrink nas-bench-201 --scores scores.json --rule abs --drop 5 -o small.bin\n"
      "  nasshrink shrink nas-bench-201 --children angles.csv --aggregation upper_tail --rescore --rule abs "
      "--drop 20 --explain -o small.bin\n"
      "  nasshrink shrink nas-bench-201 --evaluated front.json --rule pad-nas --threshold 0.05 -o small.bin\n"
      "  nasshrink list rules",
      shared, Takes::kMoment, [=] { ShrinkSpace(*shared, *arguments); });
  AddOptions(command, arguments);
}

}  // namespace nasshrink::tools
