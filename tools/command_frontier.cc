// frontier
#include <fmt/format.h>

#include <map>
#include <memory>

#include "archs.h"
#include "files.h"
#include "handles.h"
#include "interrupt.h"
#include "known_children.h"
#include "nasshrink/v1/frontier.pb.h"
#include "nasshrink/v1/plan.pb.h"
#include "nasshrink/v1/score.pb.h"
#include "options.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

struct FrontierArguments {
  std::string space;
  std::string truth;
  std::string truth_column;
  std::vector<std::string> paths;
  std::vector<std::string> scores;
  std::string aggregation;
  bool rescore = false;
  uint32_t random = 0;
};

// The path that perfect scores give; every other one is compared with it.
constexpr const char* kPerfect = "perfect";

// Operators in the order in which ABS's rule drops them, by given scores of children.
v1::ShrinkPath PathOf(const nasshrink_space* space, const std::string& name, const KnownChildren& known,
                      const FrontierArguments& arguments) {
  v1::ShrinkInput input;
  const v1::SpaceSummary summary = SummaryOf(space);
  v1::EvaluatedArchitectures* evaluated = input.mutable_evaluated();
  evaluated->set_root_fingerprint(summary.root_fingerprint());
  evaluated->set_choices(summary.choices());
  for (const Row& row : known.rows) evaluated->mutable_candidates()->Add(row.begin(), row.end());
  v1::Objective* objective = evaluated->add_objectives();
  objective->set_maximise(true);
  objective->mutable_values()->Add(known.values.begin(), known.values.end());
  v1::ShrinkRule rule;
  rule.mutable_abs()->set_drop(summary.operators());
  rule.mutable_abs()->set_aggregation(arguments.aggregation);
  rule.mutable_abs()->set_rescore(arguments.rescore);
  const std::string input_bytes = input.SerializeAsString();
  const std::string rule_bytes = rule.SerializeAsString();
  const auto journal = Ask<v1::ShrinkJournal>(nasshrink_space_explain_shrink, space, Data(input_bytes),
                                              input_bytes.size(), Data(rule_bytes), rule_bytes.size());
  v1::ShrinkPath path;
  path.set_name(name);
  for (const v1::Removal& removal : journal.removals()) {
    v1::OperatorRef* drop = path.add_drops();
    drop->set_choice(removal.score().choice());
    drop->set_candidate(removal.score().candidate());
  }
  return path;
}

// The same children, each with its parameters as its score.
KnownChildren ParamsOf(const nasshrink_space* space, const KnownChildren& known) {
  const v1::SearchSpace message = MessageOf(space);
  const Table table = Make<Table>(nasshrink_table_create, space, Data(""), size_t{0});
  KnownChildren counted;
  std::vector<uint32_t> candidates;
  for (const Row& row : known.rows) {
    if (!IsChild(message, row)) continue;
    counted.rows.push_back(row);
    candidates.insert(candidates.end(), row.begin(), row.end());
  }
  counted.values.resize(counted.rows.size());
  Do(nasshrink_table_score, table.get(), int32_t{NASSHRINK_METRIC_PARAMS}, nullptr, size_t{0}, candidates.data(),
     counted.rows.size(), counted.values.data());
  return counted;
}

// SpaceEdits, or the folder of a finished run.
v1::ShrinkPath ReadPath(const std::string& file) {
  v1::ShrinkPath path;
  path.set_name(StemOf(file));
  if (!IsFolder(file)) {
    v1::SpaceEdits edits;
    ReadMessage(file, &edits);
    if (edits.drop().empty()) FailCall(file + ": holds no edits that drop an operator");
    *path.mutable_drops() = edits.drop();
    return path;
  }
  v1::RunResult result;
  ReadMessage(file + "/result.bin", &result);
  for (const v1::ShrinkStep& step : result.history()) path.mutable_drops()->MergeFrom(step.dropped());
  return path;
}

v1::FrontierInput InputOf(nasshrink_context* context, const nasshrink_space* space, const FrontierArguments& arguments,
                          uint64_t seed) {
  v1::FrontierInput input;
  const KnownChildren truth =
      ReadKnownChildren(context, space, arguments.truth, arguments.truth_column, {"accuracy", "cifar10_test"});
  const v1::SpaceSummary summary = SummaryOf(space);
  input.mutable_children()->set_root_fingerprint(summary.root_fingerprint());
  input.mutable_children()->set_choices(summary.choices());
  for (const Row& row : truth.rows) input.mutable_children()->mutable_candidates()->Add(row.begin(), row.end());
  input.mutable_truth()->Add(truth.values.begin(), truth.values.end());
  *input.add_paths() = PathOf(space, kPerfect, truth, arguments);
  *input.add_paths() = PathOf(space, "params", ParamsOf(space, truth), arguments);
  for (const std::string& text : arguments.scores) {
    const CsvSource source = CsvSourceOf(text);
    const KnownChildren known = ReadKnownChildren(context, space, source.path, source.column, {"score"});
    *input.add_paths() = PathOf(space, source.name, known, arguments);
  }
  for (const std::string& file : arguments.paths) *input.add_paths() = ReadPath(file);
  input.set_random_paths(arguments.random);
  input.set_seed(seed);
  return input;
}

// "3;3;0 2 3 4;1": the codes kept, choice by choice.
std::string KeptText(const v1::SearchSpace& space, const v1::FrontierPoint& point) {
  std::string text;
  uint32_t choice = 0;
  for (const v1::OperatorRef& kept : point.kept()) {
    const bool same = kept.choice() == choice && !text.empty();
    while (choice < kept.choice()) {
      text += ';';
      ++choice;
    }
    if (same) text += ' ';
    text += std::to_string(
        space.choices(static_cast<int>(kept.choice())).candidates(static_cast<int>(kept.candidate())).code());
  }
  return text;
}

Json PointsJson(const v1::SearchSpace& space, const v1::FrontierReport& report) {
  Json points = Json::array();
  const auto top = static_cast<double>(report.top());
  for (const v1::FrontierPoint& point : report.points()) {
    points.push_back({{"operators", point.operators()},
                      {"sub_spaces", std::to_string(point.sub_spaces())},
                      {"mean_best", point.mean()},
                      {"best", point.best()},
                      {"top1pct_kept", static_cast<double>(point.top_kept()) / top},
                      {"top1pct_most", static_cast<double>(point.top_most()) / top},
                      {"children", point.children()},
                      {"kept", KeptText(space, point)}});
  }
  return points;
}

// Of a path by the same rule, what the rule loses with perfect scores and what its own scores lose beyond that.
Json StepsJson(const v1::PlacedPath& path, const std::map<uint32_t, double>& perfect, bool same_rule, double top) {
  Json steps = Json::array();
  for (const v1::PlacedSpace& step : path.steps()) {
    Json json = {{"operators", step.operators()},
                 {"mean", step.mean()},
                 {"best", step.best()},
                 {"top1pct_kept", step.top_kept() / top},
                 {"regret", step.regret()}};
    const auto found = perfect.find(step.operators());
    if (same_rule && found != perfect.end()) {
      json["regret_of_rule"] = found->second;
      json["regret_of_metric"] = step.regret() - found->second;
    }
    steps.push_back(json);
  }
  return steps;
}

Json ReportJson(const v1::SearchSpace& space, const v1::FrontierReport& report, size_t by_rule) {
  std::map<uint32_t, double> perfect;
  for (const v1::PlacedSpace& step : report.paths(0).steps()) perfect[step.operators()] = step.regret();
  Json json = {{"children", report.children()},
               {"sub_spaces", std::to_string(report.sub_spaces())},
               {"top1pct", report.top()},
               {"frontier", PointsJson(space, report)}};
  const auto top = static_cast<double>(report.top());
  Json paths = Json::array();
  for (int at = 0; at < report.paths_size(); ++at) {
    const bool same_rule = static_cast<size_t>(at) < by_rule;
    paths.push_back(
        {{"path", report.paths(at).name()}, {"steps", StepsJson(report.paths(at), perfect, same_rule, top)}});
  }
  if (report.has_random()) {
    paths.push_back({{"path", "random"}, {"steps", StepsJson(report.random(), perfect, false, top)}});
  }
  json["paths"] = paths;
  return json;
}

void FindFrontier(const SharedOptions& shared, const FrontierArguments& arguments) {
  const Context context = OpenContext(shared);
  const Space space = OpenSpace(context.get(), arguments.space);
  const v1::FrontierInput input = InputOf(context.get(), space.get(), arguments, shared.seed);
  const std::string bytes = input.SerializeAsString();
  nasshrink_buffer* report = nullptr;
  const Outcome outcome = Try(nasshrink_space_frontier, space.get(), Data(bytes), bytes.size(),
                              CatchInterrupts(shared.max_seconds), &report);
  if (!outcome.ok()) FailWith(outcome);
  // The truth itself, the parameters and every score; files of paths come from any rule.
  const size_t by_rule = 2 + arguments.scores.size();
  PrintResult(ReportJson(MessageOf(space.get()), MessageOf<v1::FrontierReport>(Buffer(report)), by_rule));
}

}  // namespace

void AddFrontierCommands(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<FrontierArguments>();
  CLI::App* command = AddCommand(
      app, "frontier", "The best product sub-space of every size by true accuracies, and shrink paths beside it",
      "  nasshrink frontier --space nas-bench-201 --truth nasbench201.csv.gz --truth-column cifar10_test\n"
      "  nasshrink frontier --space nas-bench-201 --truth nasbench201.csv.gz --scores angles.csv --aggregation "
      "upper_tail --rescore --random 100\n"
      "  nasshrink frontier --space nas-bench-201 --truth nasbench201.csv.gz --path my-run",
      shared, Takes::kLong, [=] { FindFrontier(*shared, *arguments); });
  command->add_option("--space", arguments->space, "The space that is shrunk")->required();
  command->add_option("--truth", arguments->truth, "CSV with the true accuracy of every child")->required();
  command->add_option("--truth-column", arguments->truth_column,
                      "Column of the truth (default: accuracy or cifar10_test)");
  command
      ->add_option("--path", arguments->paths,
                   "File of SpaceEdits whose drops are in order, or the folder of a finished run; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--scores", arguments->scores,
                   "CSV[:COLUMN] of children's scores, by which ABS's rule makes a path; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--aggregation", arguments->aggregation,
                      "How these score operators: mean (default), upper_tail or median");
  command->add_flag("--rescore", arguments->rescore, "Score operators afresh after every removal");
  command->add_option("--random", arguments->random, "Also the mean of this many paths that drop at random");
}

}  // namespace nasshrink::tools
