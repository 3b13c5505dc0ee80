// search
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

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
  std::vector<std::string> metrics;
  std::string data;
  std::string out;
  uint32_t trials = 0;
  std::vector<std::string> set;
  ConstraintFlags constraints;
};

constexpr uint32_t kDefaultTrials = 100;

v1::StudyOptions OptionsOf(nasshrink_context* context, const SharedOptions& shared, const SearchArguments& arguments) {
  v1::StudyOptions options;
  options.set_seed(shared.seed);
  v1::SearchOptions* search = options.mutable_search();
  search->set_algorithm(arguments.algorithm);
  for (const std::string& metric : arguments.metrics) search->add_metrics(metric);
  search->set_trials(arguments.trials);
  if (arguments.trials == 0 && arguments.algorithm == "random") search->set_trials(kDefaultTrials);
  SetConstraints(context, arguments.constraints, search);
  ApplySettings(arguments.set, search);
  return options;
}

// Measures children by the metrics that are not costs, which the study calculates.
class Measures {
 public:
  Measures(const SearchArguments& arguments, const Model* model, nasshrink_context* context, nasshrink_cancel* cancel) {
    std::vector<std::string> metrics = arguments.metrics;
    if (metrics.empty()) metrics = {"accuracy"};
    for (const std::string& metric : metrics) {
      if (metric == "macs" || metric == "params" || metric == "latency_ms") continue;
      measured_.push_back({metric, std::make_unique<Measure>(model, context, arguments.data, metric, cancel)});
    }
  }

  // A child that could not be measured by all of them failed.
  Outcome Observe(const v1::TrialList& trials, const std::vector<Row>& rows, v1::ObservationList* list) {
    for (const v1::Trial& trial : trials.trials()) list->add_observations()->set_trial(trial.id());
    for (const Measured& each : measured_) {
      std::vector<double> values;
      Outcome outcome = each.measure->Values(rows, &values);
      if (!outcome.ok() || OutOfTime()) return outcome;
      for (int i = 0; i < list->observations_size(); ++i) {
        v1::Observation* observation = list->mutable_observations(i);
        const double value = values[static_cast<size_t>(i)];
        if (std::isnan(value)) {
          observation->set_failed(true);
          continue;
        }
        v1::NamedValue* named = observation->add_metrics();
        named->set_name(each.metric);
        named->set_value(value);
      }
    }
    return {};
  }

  std::string gaps() const { return measured_.empty() ? "" : measured_[0].measure->gaps(); }
  // Children measured in one call.
  size_t batch() const { return measured_.empty() ? 256 : measured_[0].measure->batch(); }

 private:
  struct Measured {
    std::string metric;
    std::unique_ptr<Measure> measure;
  };
  std::vector<Measured> measured_;
};

std::vector<Row> RowsOfTrials(const v1::TrialList& trials) {
  std::vector<Row> rows;
  for (const v1::Trial& trial : trials.trials()) {
    rows.emplace_back(trial.architecture().candidates().begin(), trial.architecture().candidates().end());
  }
  return rows;
}

// Asks and tells until the study is finished or its time is up; Ctrl-C ends the program.
void Drive(nasshrink_study* study, Measures* measures, uint32_t trials, Progress* progress) {
  LoopProgress loop(progress, "search", "children/s", trials);
  const auto batch = static_cast<uint32_t>(std::min<size_t>(measures->batch(), 256));
  for (uint64_t done = 0; !OutOfTime();) {
    const auto asked = Ask<v1::TrialList>(nasshrink_study_ask, study, batch);
    if (asked.trials().empty()) return;
    v1::ObservationList observations;
    const Outcome outcome = measures->Observe(asked, RowsOfTrials(asked), &observations);
    if (OutOfTime()) return;
    CheckWork(outcome, "nothing was written");
    const std::string told = observations.SerializeAsString();
    Do(nasshrink_study_tell, study, Data(told), told.size());
    done += static_cast<uint64_t>(asked.trials_size());
    loop.Done(done);
    if (asked.finished()) return;
  }
}

// Of one metric: children that no other beats in it without costing more multiply-adds, cheapest first.
Json CheapestFront(const v1::StudyReport& report, const std::string& metric) {
  const bool less_is_better = metric != "accuracy" && metric != "angle";
  const auto worth = [&](const v1::Evaluated& child) {
    return less_is_better ? -*MetricOf(child, metric) : *MetricOf(child, metric);
  };
  std::vector<const v1::Evaluated*> children;
  for (const v1::Evaluated& child : report.ranked()) {
    if (MetricOf(child, metric)) children.push_back(&child);
  }
  std::stable_sort(children.begin(), children.end(), [&](const v1::Evaluated* a, const v1::Evaluated* b) {
    return a->macs() != b->macs() ? a->macs() < b->macs() : worth(*a) > worth(*b);
  });
  Json front = Json::array();
  double best = -INFINITY;
  for (const v1::Evaluated* child : children) {
    if (worth(*child) <= best) continue;
    best = worth(*child);
    front.push_back(EvaluatedJson(*child));
  }
  return front;
}

// Of several metrics: children that no other dominates, best by the first metric first.
Json FrontJson(const v1::StudyReport& report, const std::vector<std::string>& metrics) {
  if (!report.has_evaluated()) return CheapestFront(report, metrics.empty() ? "accuracy" : metrics[0]);
  Json front = Json::array();
  for (const v1::Evaluated& child : report.front()) front.push_back(EvaluatedJson(child));
  return front;
}

void Search(const SharedOptions& shared, const SearchArguments& arguments) {
  CheckWritable(arguments.out);
  const Context context = OpenContext(shared);
  const v1::StudyOptions options = OptionsOf(context.get(), shared, arguments);
  const Model model = OpenModel(context.get(), arguments.model);
  Measures measures(arguments, &model, context.get(), CatchInterrupts(shared.max_seconds));
  const std::string bytes = options.SerializeAsString();
  const Study study = Make<Study>(nasshrink_study_create, model.space.get(), Data(bytes), bytes.size());
  Progress progress(shared.quiet);
  if (!measures.gaps().empty()) progress.Say(measures.gaps());
  Drive(study.get(), &measures, options.search().trials(), &progress);
  const auto report = Ask<v1::StudyReport>(nasshrink_study_report, study.get());
  if (report.ranked().empty() && report.told() > 0) {
    Fail(kWorkFailed, "FAILED_PRECONDITION",
         fmt::format("none of the {} children the search came to could be measured{}{}", report.told(),
                     measures.gaps().empty() ? "" : "; ", measures.gaps()));
  }
  WriteMessage(arguments.out, report);
  Json result = {{"best", report.ranked().empty() ? Json() : EvaluatedJson(report.ranked(0))},
                 {"front", FrontJson(report, arguments.metrics)},
                 {"trials", report.told()},
                 {"failed", report.failed()},
                 {"finished", report.finished()},
                 {"file", arguments.out}};
  if (report.has_hypervolume()) result["hypervolume"] = report.hypervolume();
  PrintResult(result);
}

}  // namespace

void AddSearchCommands(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<SearchArguments>();
  CLI::App* command = AddCommand(
      app, "search",
      "Search for the best child; the result lists them best first, and those that no other beats in all metrics.\n"
      "--max-seconds ends the search early with what it has found.",
      "  nasshrink search supernet.safetensors --algorithm evolution --metric accuracy --data fashion-mnist -o "
      "best.json\n"
      "  nasshrink search table.bin --algorithm random --metric angle --trials 200 --max-macs 50000000 -o best.json\n"
      "  nasshrink search nas-bench-201 --data table:truth.csv.gz:cifar10_test --algorithm evolution --set "
      "evolution.population=20 -o best.json\n"
      "  nasshrink search nas-bench-201 --data table:truth.csv.gz --algorithm nsga2 --metric accuracy,macs -o "
      "front.json",
      shared, Takes::kLong, [=] { Search(*shared, *arguments); });
  command->add_option("MODEL", arguments->model, "Space, checkpoint of a supernet, or operator table")->required();
  command->add_option("--algorithm", arguments->algorithm, "evolution (default); nasshrink list algorithms has all");
  command
      ->add_option("--metric", arguments->metrics,
                   "accuracy (default), angle; loss, macs, params, latency_ms, of which less is better. Several, by "
                   "commas: the first ranks, nsga2 weighs all (default accuracy with latency_ms or macs)")
      ->delimiter(',');
  command->add_option("--data", arguments->data, kDataHelp);
  command->add_option("--trials", arguments->trials, "Children to evaluate (default: the algorithm's; random 100)");
  AddSetOption(command, &arguments->set,
               "key=value of SearchOptions, such as evolution.generations=5; may be repeated");
  command->add_option("-o,--output", arguments->out, "File of StudyReport")->required();
  AddConstraintFlags(command, &arguments->constraints);
}

}  // namespace nasshrink::tools
