// shrink
#include <fmt/format.h>

#include <memory>

#include "files.h"
#include "handles.h"
#include "model.h"
#include "nasshrink/v1/score.pb.h"
#include "options.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

struct ShrinkArguments {
  std::string space;
  std::string scores;
  std::string rule;
  uint32_t drop = 1;
  std::string out;
};

v1::ShrinkRule RuleOf(nasshrink_context* context, const ShrinkArguments& arguments) {
  v1::ShrinkRule rule;
  if (arguments.rule == "abs") {
    rule.mutable_abs()->set_drop(arguments.drop);
  } else if (arguments.rule == "per-choice" || arguments.rule == "per_choice") {
    rule.mutable_per_choice()->set_drop(arguments.drop);
  } else {
    std::string names;
    const auto listing = Ask<v1::RegistryListing>(nasshrink_registry_list, context, "rules");
    for (const auto& entry : listing.entries()) names += (names.empty() ? "" : ", ") + entry.name();
    FailCall(fmt::format("--rule: there is no rule '{}' (rules: {})", arguments.rule, names));
  }
  return rule;
}

void ShrinkSpace(const SharedOptions& shared, const ShrinkArguments& arguments) {
  const Context context = OpenContext(shared);
  const Model model = OpenModel(context.get(), arguments.space);
  v1::ShrinkInput input;
  ReadMessage(arguments.scores, input.mutable_scores());
  const std::string input_bytes = input.SerializeAsString();
  const std::string rule_bytes = RuleOf(context.get(), arguments).SerializeAsString();
  nasshrink_space* shrunk = nullptr;
  nasshrink_buffer* edits = nullptr;
  Outcome outcome = Try(nasshrink_space_shrink, model.space.get(), Data(input_bytes), input_bytes.size(),
                        Data(rule_bytes), rule_bytes.size(), &shrunk, &edits);
  if (!outcome.ok()) {
    if (outcome.field().rfind("scores", 0) == 0) outcome.message = arguments.scores + ": " + outcome.message;
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
  PrintResult({{"dropped", dropped},
               {"children", summary.children()},
               {"fingerprint", Hex(summary.full_fingerprint())},
               {"file", arguments.out}});
}

}  // namespace

void AddShrinkCommands(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<ShrinkArguments>();
  CLI::App* command =
      AddCommand(app, "shrink", "Drop operators by their scores",
                 "  nasshrink shrink nas-bench-201 --scores scores.json --rule abs --drop 5 -o small.bin\n"
                 "  nasshrink list rules",
                 shared, Takes::kMoment, [=] { ShrinkSpace(*shared, *arguments); });
  command
      ->add_option("SPACE", arguments->space,
                   "The space the scores belong to: preset, file, checkpoint or operator table")
      ->required();
  command->add_option("--scores", arguments->scores, "File of OperatorScores (nasshrink score-operators)")->required();
  command->add_option("--rule", arguments->rule, "abs: drop in all; per-choice: drop in every choice")->required();
  command->add_option("--drop", arguments->drop, "Operators to drop (default 1)");
  command->add_option("-o,--output", arguments->out, "File of the shrunk space")->required();
}

}  // namespace nasshrink::tools
