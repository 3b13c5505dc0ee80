// rank
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>

#include "archs.h"
#include "files.h"
#include "handles.h"
#include "known_children.h"
#include "nasshrink/v1/ranking.pb.h"
#include "options.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

struct RankArguments {
  std::string space;
  std::vector<std::string> scores;
  std::vector<std::string> lower_is_better;
  std::string truth;
  std::string truth_column;
  std::string fusion;
  uint32_t keep = 0;
  std::string out;
};

// Adds the children of one file to the rows known so far, and where a row has its value.
class Rows {
 public:
  explicit Rows(v1::RankInput* input) : input_(input) {}

  void Add(const KnownChildren& known, std::vector<double>* values) {
    for (size_t at = 0; at < known.rows.size(); ++at) {
      const auto [found, added] = places_.emplace(known.rows[at], places_.size());
      if (added) input_->mutable_children()->mutable_candidates()->Add(known.rows[at].begin(), known.rows[at].end());
      if (found->second >= values->size()) values->resize(found->second + 1, std::numeric_limits<double>::quiet_NaN());
      (*values)[found->second] = known.values[at];
    }
  }
  size_t size() const { return places_.size(); }
  const std::map<Row, size_t>& places() const { return places_; }

 private:
  v1::RankInput* input_;
  std::map<Row, size_t> places_;
};

void SetValues(std::vector<double> values, size_t rows, google::protobuf::RepeatedField<double>* field) {
  values.resize(rows, std::numeric_limits<double>::quiet_NaN());
  field->Add(values.begin(), values.end());
}

v1::RankInput InputOf(nasshrink_context* context, const nasshrink_space* space, const RankArguments& arguments,
                      uint64_t seed, std::map<Row, size_t>* places) {
  v1::RankInput input;
  const v1::SpaceSummary summary = SummaryOf(space);
  input.mutable_children()->set_root_fingerprint(summary.root_fingerprint());
  input.mutable_children()->set_choices(summary.choices());
  Rows rows(&input);
  std::vector<double> truth;
  rows.Add(ReadKnownChildren(context, space, arguments.truth, arguments.truth_column, {"accuracy", "cifar10_test"}),
           &truth);
  std::vector<std::vector<double>> columns;
  for (const std::string& text : arguments.scores) {
    const CsvSource source = CsvSourceOf(text);
    rows.Add(ReadKnownChildren(context, space, source.path, source.column, {"score"}), &columns.emplace_back());
    input.add_scores()->set_name(source.name);
  }
  SetValues(truth, rows.size(), input.mutable_truth());
  for (size_t at = 0; at < columns.size(); ++at) {
    SetValues(columns[at], rows.size(), input.mutable_scores(static_cast<int>(at))->mutable_values());
  }
  input.set_fusion(arguments.fusion);
  input.set_keep(arguments.keep);
  input.set_seed(seed);
  *places = rows.places();
  return input;
}

void MarkLowerIsBetter(const std::vector<std::string>& names, v1::RankInput* input) {
  for (const std::string& name : names) {
    const auto named = [&](const v1::ScoreColumn& column) { return column.name() == name; };
    const auto found = std::find_if(input->mutable_scores()->begin(), input->mutable_scores()->end(), named);
    if (found == input->mutable_scores()->end()) {
      FailCall(fmt::format("--lower-is-better: no score is named '{}'", name));
    }
    found->set_lower_is_better(true);
  }
}

Json NumberJson(double value) { return std::isnan(value) ? Json() : Json(value); }

Json IntervalJson(const v1::Statistic& statistic) {
  return Json::array({NumberJson(statistic.low()), NumberJson(statistic.high())});
}

Json RankingJson(const v1::Ranking& ranking) {
  return {{"tau_b", NumberJson(ranking.tau_b().value())},
          {"tau_b_interval", IntervalJson(ranking.tau_b())},
          {"spearman", NumberJson(ranking.spearman().value())},
          {"spearman_interval", IntervalJson(ranking.spearman())},
          {"tau_top_half", NumberJson(ranking.tau_top_half().value())},
          {"tau_top_half_interval", IntervalJson(ranking.tau_top_half())},
          {"tau_equal_macs", NumberJson(ranking.tau_equal_macs().value())},
          {"tau_equal_macs_interval", IntervalJson(ranking.tau_equal_macs())},
          {"regret", ranking.regret()},
          {"top1pct_survival", ranking.top1pct_survival()},
          {"kept", ranking.kept()}};
}

Json ReportJson(const v1::RankReport& report) {
  Json json = {{"verdict", report.verdict()},
               {"beats_counting", report.beats_counting()},
               {"best_counting", report.best_counting()},
               {"above_counting", NumberJson(report.above_counting().value())},
               {"above_counting_interval", IntervalJson(report.above_counting())},
               {"metric", report.metric().name()},
               {"n", report.children()}};
  json.update(RankingJson(report.metric()));
  for (const v1::Ranking& column : report.columns()) json["columns"][column.name()] = RankingJson(column);
  for (const v1::Ranking& baseline : report.baselines()) json["baselines"][baseline.name()] = RankingJson(baseline);
  return json;
}

void WriteFused(const std::string& path, const v1::SearchSpace& space, const std::map<Row, size_t>& places,
                const v1::RankReport& report) {
  std::string csv = "arch,score\n";
  for (const auto& [row, place] : places) {
    const double value = report.fused(static_cast<int>(place));
    if (!std::isnan(value)) fmt::format_to(std::back_inserter(csv), "{},{}\n", OpsText(space, row), value);
  }
  WriteBytes(path, csv);
}

void RankScores(const SharedOptions& shared, const RankArguments& arguments) {
  const bool fuses = !arguments.fusion.empty();
  if (arguments.scores.size() > 1 && !fuses) {
    FailCall("--scores is given more than once: say how they become one score by --fuse rank-sum or --fuse log-rank");
  }
  if (!arguments.out.empty() && arguments.scores.size() < 2) FailCall("-o writes fused scores; give --scores twice");
  const Context context = OpenContext(shared);
  const Space space = OpenSpace(context.get(), arguments.space);
  std::map<Row, size_t> places;
  v1::RankInput input = InputOf(context.get(), space.get(), arguments, shared.seed, &places);
  MarkLowerIsBetter(arguments.lower_is_better, &input);
  const std::string bytes = input.SerializeAsString();
  const auto report = Ask<v1::RankReport>(nasshrink_space_rank, space.get(), Data(bytes), bytes.size());
  if (!arguments.out.empty()) WriteFused(arguments.out, MessageOf(space.get()), places, report);
  PrintResult(ReportJson(report));
}

}  // namespace

void AddRankCommands(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<RankArguments>();
  CLI::App* command = AddCommand(
      app, "rank", "How well scores rank children whose true accuracies are known, beside what counting gives",
      "  nasshrink rank --space nas-bench-201 --scores angles.csv --truth nasbench201.csv.gz\n"
      "  nasshrink rank --space nas-bench-201 --scores angles.csv --scores losses.csv --lower-is-better losses "
      "--fuse rank-sum --truth nasbench201.csv.gz --truth-column cifar10_test -o fused.csv",
      shared, Takes::kMoment, [=] { RankScores(*shared, *arguments); });
  command->add_option("--space", arguments->space, "The space whose children are ranked")->required();
  command
      ->add_option("--scores", arguments->scores,
                   "CSV[:COLUMN] with the columns arch and score (nasshrink score); may be repeated to fuse them")
      ->required()
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--lower-is-better", arguments->lower_is_better,
                   "Name of a score (its column, else its file without ending) of which less is better")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--truth", arguments->truth, "CSV with true accuracies; may hold children beyond the space")
      ->required();
  command->add_option("--truth-column", arguments->truth_column,
                      "Column of the truth (default: accuracy or cifar10_test)");
  command->add_option("--fuse", arguments->fusion, "How several scores become one: rank-sum or log-rank");
  command->add_option("--keep", arguments->keep,
                      "Operators left by the shrinking of top1pct_survival (default: half of the root's)");
  command->add_option("-o,--output", arguments->out, "CSV for the fused scores");
}

}  // namespace nasshrink::tools
