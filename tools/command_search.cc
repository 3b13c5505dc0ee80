// search
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "archs.h"
#include "constraints.h"
#include "data.h"
#include "files.h"
#include "handles.h"
#include "interrupt.h"
#include "measure.h"
#include "model.h"
#include "options.h"
#include "progress.h"
#include "settings.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

struct SearchArguments {
  std::string model;
  std::string algorithm = "evolution";
  std::string metric = "accuracy";
  std::string data;
  std::string out;
  uint32_t trials = 0;
  std::vector<std::string> set;
  ConstraintFlags constraints;
};

constexpr uint32_t kDefaultTrials = 100;

v1::StudyOptions OptionsOf(const SharedOptions& shared, const SearchArguments& arguments) {
  v1::StudyOptions options;
  options.set_seed(shared.seed);
  v1::SearchOptions* search = options.mutable_search();
  search->set_algorithm(arguments.algorithm);
  search->add_metrics(arguments.metric);
  search->set_trials(arguments.trials);
  if (arguments.trials == 0 && arguments.algorithm == "random") search->set_trials(kDefaultTrials);
  SetConstraints(arguments.constraints, search);
  ApplySettings(arguments.set, search);
  return options;
}

v1::ObservationList Observe(const v1::TrialList& trials, const std::vector<double>& values, const std::string& metric) {
  v1::ObservationList list;
  for (int i = 0; i < trials.trials_size(); ++i) {
    v1::Observation* observation = list.add_observations();
    observation->set_trial(trials.trials(i).id());
    const double value = values[static_cast<size_t>(i)];
    observation->set_failed(std::isnan(value));
    if (std::isnan(value)) continue;
    v1::NamedValue* named = observation->add_metrics();
    named->set_name(metric);
    named->set_value(value);
  }
  return list;
}

std::vector<Row> RowsOfTrials(const v1::TrialList& trials) {
  std::vector<Row> rows;
  for (const v1::Trial& trial : trials.trials()) {
    rows.emplace_back(trial.architecture().candidates().begin(), trial.architecture().candidates().end());
  }
  return rows;
}

// Asks and tells until the study is finished or its time is up; Ctrl-C ends the program.
void Drive(nasshrink_study* study, Measure* measure, const std::string& metric, uint32_t trials, Progress* progress) {
  LoopProgress loop(progress, "search", "children/s", trials);
  const auto batch = static_cast<uint32_t>(std::min<size_t>(measure->batch(), 256));
  for (uint64_t done = 0; !OutOfTime();) {
    const auto asked = Ask<v1::TrialList>(nasshrink_study_ask, study, batch);
    if (asked.trials().empty()) return;
    std::vector<double> values;
    const Outcome outcome = measure->Values(RowsOfTrials(asked), &values);
    if (OutOfTime()) return;
    CheckWork(outcome, "nothing was written");
    const std::string told = Observe(asked, values, metric).SerializeAsString();
    Do(nasshrink_study_tell, study, Data(told), told.size());
    done += static_cast<uint64_t>(asked.trials_size());
    loop.Done(done);
    if (asked.finished()) return;
  }
}

// Children that no other beats in the metric without costing more multiply-adds, cheapest first.
Json FrontJson(const v1::StudyReport& report, const std::string& metric) {
  std::vector<const v1::Evaluated*> children;
  for (const v1::Evaluated& child : report.ranked()) {
    if (MetricOf(child, metric)) children.push_back(&child);
  }
  std::stable_sort(children.begin(), children.end(), [&](const v1::Evaluated* a, const v1::Evaluated* b) {
    if (a->macs() != b->macs()) return a->macs() < b->macs();
    return *MetricOf(*a, metric) > *MetricOf(*b, metric);
  });
  Json front = Json::array();
  double best = -INFINITY;
  for (const v1::Evaluated* child : children) {
    if (*MetricOf(*child, metric) <= best) continue;
    best = *MetricOf(*child, metric);
    front.push_back(EvaluatedJson(*child));
  }
  return front;
}

void Search(const SharedOptions& shared, const SearchArguments& arguments) {
  CheckWritable(arguments.out);
  const v1::StudyOptions options = OptionsOf(shared, arguments);
  const Context context = OpenContext(shared);
  const Model model = OpenModel(context.get(), arguments.model);
  Measure measure(&model, context.get(), arguments.data, arguments.metric, CatchInterrupts(shared.max_seconds));
  const std::string bytes = options.SerializeAsString();
  const Study study = Make<Study>(nasshrink_study_create, model.space.get(), Data(bytes), bytes.size());
  Progress progress(shared.quiet);
  if (!measure.gaps().empty()) progress.Say(measure.gaps());
  Drive(study.get(), &measure, arguments.metric, options.search().trials(), &progress);
  const auto report = Ask<v1::StudyReport>(nasshrink_study_report, study.get());
  if (report.ranked().empty() && report.told() > 0) {
    Fail(kWorkFailed, "FAILED_PRECONDITION",
         fmt::format("none of the {} children the search came to could be measured{}{}", report.told(),
                     measure.gaps().empty() ? "" : "; ", measure.gaps()));
  }
  WriteMessage(arguments.out, report);
  PrintResult({{"best", report.ranked().empty() ? Json() : EvaluatedJson(report.ranked(0))},
               {"front", FrontJson(report, arguments.metric)},
               {"trials", report.told()},
               {"failed", report.failed()},
               {"finished", report.finished()},
               {"file", arguments.out}});
}

}  // namespace

void AddSearchCommands(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<SearchArguments>();
  CLI::App* command = AddCommand(
      app, "search",
      "Search for the best child; the result lists them best first, and those no cheaper one beats.\n"
      "--max-seconds ends the search early with what it has found.",
      "  nasshrink search supernet.safetensors --algorithm evolution --metric accuracy --data fashion-mnist -o "
      "best.json\n"
      "  nasshrink search table.bin --algorithm random --metric angle --trials 200 --max-macs 50000000 -o best.json\n"
      "  nasshrink search nas-bench-201 --data table:truth.csv.gz:cifar10_test --algorithm evolution --set "
      "evolution.population=20 -o best.json",
      shared, Takes::kLong, [=] { Search(*shared, *arguments); });
  command->add_option("MODEL", arguments->model, "Space, checkpoint of a supernet, or operator table")->required();
  command->add_option("--algorithm", arguments->algorithm, "evolution (default) or random (nasshrink list algorithms)");
  command->add_option("--metric", arguments->metric, "accuracy (default), angle, or loss, of which less is better");
  command->add_option("--data", arguments->data, kDataHelp);
  command->add_option("--trials", arguments->trials, "Children to evaluate (default: the algorithm's; random 100)");
  AddSetOption(command, &arguments->set,
               "key=value of SearchOptions, such as evolution.generations=5; may be repeated");
  command->add_option("-o,--output", arguments->out, "File of StudyReport")->required();
  AddConstraintFlags(command, &arguments->constraints);
}

}  // namespace nasshrink::tools
