// shrink
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "files.h"
#include "handles.h"
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
  std::string evaluated;
  std::string rule;
  uint32_t drop = 1;
  std::optional<double> threshold;
  uint32_t fronts = 0;
  std::string pool;
  std::string out;
};

v1::ShrinkRule RuleOf(nasshrink_context* context, const ShrinkArguments& arguments) {
  v1::ShrinkRule rule;
  if (arguments.rule == "abs") {
    rule.mutable_abs()->set_drop(arguments.drop);
  } else if (arguments.rule == "per-choice" || arguments.rule == "per_choice") {
    rule.mutable_per_choice()->set_drop(arguments.drop);
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

// What the rule reads, and the file it is from.
const std::string& ReadInput(const ShrinkArguments& arguments, const v1::ShrinkRule& rule, v1::ShrinkInput* input) {
  const bool counts = rule.has_pad_nas();
  const std::string& file = counts ? arguments.evaluated : arguments.scores;
  if (file.empty()) {
    FailCall(counts ? "--evaluated is required: a file of StudyReport (nasshrink search --metric accuracy,macs)"
                    : "--scores is required: a file of OperatorScores (nasshrink score-operators)");
  }
  if (counts) {
    v1::StudyReport report;
    ReadMessage(file, &report);
    if (!report.has_evaluated()) FailCall(file + ": the search had one metric, fronts need two or more");
    *input->mutable_evaluated() = report.evaluated();
  } else {
    ReadMessage(file, input->mutable_scores());
  }
  return file;
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

void ShrinkSpace(const SharedOptions& shared, const ShrinkArguments& arguments) {
  const Context context = OpenContext(shared);
  const Model model = OpenModel(context.get(), arguments.space);
  const v1::ShrinkRule rule = RuleOf(context.get(), arguments);
  v1::ShrinkInput input;
  const std::string& file = ReadInput(arguments, rule, &input);
  const std::string input_bytes = input.SerializeAsString();
  const std::string rule_bytes = rule.SerializeAsString();
  nasshrink_space* shrunk = nullptr;
  nasshrink_buffer* edits = nullptr;
  Outcome outcome = Try(nasshrink_space_shrink, model.space.get(), Data(input_bytes), input_bytes.size(),
                        Data(rule_bytes), rule_bytes.size(), &shrunk, &edits);
  if (!outcome.ok()) {
    const std::string field = outcome.field();
    if (field.rfind("scores", 0) == 0 || field.rfind("evaluated", 0) == 0)
      outcome.message = file + ": " + outcome.message;
    FailWith(outcome);
  }
  const Space owned(shrunk);
  WriteSpace(arguments.out, shrunk);
  Json dropped = Json::array();
  const auto applied = MessageOf<v1::SpaceEdits>(Buffer(edits));
  for (const v1::OperatorRef& reference : applied.drop()) {
    dropped.push_back(OperatorJson(model.message, reference.choice(), reference.candidate()));
  }
  const v1::SpaceSummary summary = SummaryOf(shrunk);
  Json result = {{"dropped", dropped},
                 {"children", summary.children()},
                 {"fingerprint", Hex(summary.full_fingerprint())},
                 {"file", arguments.out}};
  if (applied.has_frequencies()) {
    result["counted"] = applied.frequencies().children();
    result["frequencies"] = FrequenciesJson(model.message, applied.frequencies());
  }
  PrintResult(result);
}

}  // namespace

void AddShrinkCommands(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<ShrinkArguments>();
  CLI::App* command = AddCommand(
      app, "shrink", "Drop operators by their scores, or by how often a search's first fronts use them",
      "  nasshrink shrink nas-bench-201 --scores scores.json --rule abs --drop 5 -o small.bin\n"
      "  nasshrink shrink nas-bench-201 --evaluated front.json --rule pad-nas --threshold 0.05 -o small.bin\n"
      "  nasshrink list rules",
      shared, Takes::kMoment, [=] { ShrinkSpace(*shared, *arguments); });
  command
      ->add_option("SPACE", arguments->space,
                   "The space the scores belong to: preset, file, checkpoint or operator table")
      ->required();
  command->add_option("--scores", arguments->scores,
                      "File of OperatorScores (nasshrink score-operators); for abs and per-choice");
  command->add_option("--evaluated", arguments->evaluated,
                      "File of StudyReport of a search by several metrics; for pad-nas");
  command
      ->add_option("--rule", arguments->rule,
                   "abs: drop in all; per-choice: drop in every choice; pad-nas: drop what the first fronts hardly use")
      ->required();
  command->add_option("--drop", arguments->drop, "Operators to drop (default 1); for abs and per-choice");
  command->add_option("--threshold", arguments->threshold, "pad-nas: drop at this frequency or below (default 0.01)");
  command->add_option("--fronts", arguments->fronts, "pad-nas: fronts counted (default 9)");
  command->add_option("--pool", arguments->pool, "pad-nas: archive (default) or population");
  command->add_option("-o,--output", arguments->out, "File of the shrunk space")->required();
}

}  // namespace nasshrink::tools
