// score, score-operators
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "archs.h"
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

struct ScoreArguments {
  std::string model;
  std::string metric = "angle";
  std::string archs;
  bool all = false;
  uint32_t number = 0;
  std::string data;
  std::string out;
  std::vector<std::string> set;
};

constexpr uint64_t kMostListed = 20000000;

std::vector<Row> RowsToScore(const SharedOptions& shared, const ScoreArguments& arguments, const Model& model) {
  const int ways = static_cast<int>(!arguments.archs.empty()) + static_cast<int>(arguments.all) +
                   static_cast<int>(arguments.number > 0);
  if (ways != 1) FailCall("give one of --archs FILE, --all and -n N");
  if (!arguments.archs.empty()) return ReadArchs(model.space.get(), arguments.archs);
  if (arguments.all) return AllChildren(model.space.get(), kMostListed);
  v1::SampleOptions options;
  options.set_seed(shared.seed);
  options.set_count(arguments.number);
  return SampleChildren(model.space.get(), options);
}

void ScoreChildren(const SharedOptions& shared, const ScoreArguments& arguments) {
  CheckWritable(arguments.out);
  const Context context = OpenContext(shared);
  const Model model = OpenScoredModel(context.get(), arguments.model);
  const std::vector<Row> rows = RowsToScore(shared, arguments, model);
  Measure measure(&model, context.get(), arguments.data, arguments.metric, CatchInterrupts(shared.max_seconds));
  Progress progress(shared.quiet);
  if (!measure.gaps().empty()) progress.Say(measure.gaps());
  LoopProgress loop(&progress, arguments.metric, "children/s", rows.size());
  const auto start = std::chrono::steady_clock::now();
  std::string csv = "arch,score\n";
  for (size_t begin = 0; begin < rows.size(); begin += measure.batch()) {
    const size_t end = std::min(rows.size(), begin + measure.batch());
    const std::vector<Row> batch(rows.begin() + static_cast<ptrdiff_t>(begin),
                                 rows.begin() + static_cast<ptrdiff_t>(end));
    std::vector<double> values;
    CheckWork(measure.Values(batch, &values), "nothing was written");
    for (size_t i = 0; i < batch.size(); ++i) {
      fmt::format_to(std::back_inserter(csv), "{},{}\n", OpsText(model.message, batch[i]), values[i]);
    }
    loop.Done(end);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  WriteBytes(arguments.out, csv);
  PrintResult({{"metric", arguments.metric}, {"children", rows.size()}, {"seconds", seconds}, {"file", arguments.out}});
}

v1::OperatorScores OperatorScoresOf(const Model& model, nasshrink_context* context, const ScoreArguments& arguments,
                                    const v1::ScoreOptions& options, nasshrink_cancel* cancel) {
  const std::string bytes = options.SerializeAsString();
  nasshrink_buffer* scores = nullptr;
  if (model.table) {
    CheckWork(Try(nasshrink_table_score_operators, model.table.get(), Data(bytes), bytes.size(), cancel, &scores),
              "nothing was written");
  } else {
    Dataset dataset;
    if (!arguments.data.empty()) dataset = OpenDataset(context, arguments.data);
    CheckWork(Try(nasshrink_supernet_score_operators, model.supernet.get(), dataset.get(), Data(bytes), bytes.size(),
                  cancel, &scores),
              "nothing was written");
  }
  return MessageOf<v1::OperatorScores>(Buffer(scores));
}

void ScoreOperators(const SharedOptions& shared, const ScoreArguments& arguments) {
  CheckWritable(arguments.out);
  const Context context = OpenContext(shared);
  const Model model = OpenScoredModel(context.get(), arguments.model);
  v1::ScoreOptions options;
  options.set_metric(arguments.metric);
  options.set_seed(shared.seed);
  ApplySettings(arguments.set, &options);
  const v1::OperatorScores scores =
      OperatorScoresOf(model, context.get(), arguments, options, CatchInterrupts(shared.max_seconds));
  WriteMessage(arguments.out, scores);
  Json list = Json::array();
  for (const v1::OperatorScore& score : scores.scores()) {
    Json row = OperatorJson(model.message, score.choice(), score.candidate());
    row["score"] = score.score();
    row["standard_error"] = score.standard_error();
    row["children"] = score.children();
    list.push_back(row);
  }
  PrintResult(list);
}

using Arguments = std::shared_ptr<ScoreArguments>;

void AddModel(CLI::App* command, const Arguments& arguments) {
  command->add_option("MODEL", arguments->model, "Checkpoint of a supernet, or its operator table")->required();
  command->add_option("--metric", arguments->metric, "angle (default), or another name (nasshrink list metrics)");
  command->add_option("--data", arguments->data, kDataHelp);
}

void AddScore(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<ScoreArguments>();
  CLI::App* command = AddCommand(app, "score", "Score children by a metric, into a CSV with the columns arch and score",
                                 "  nasshrink score table.bin --metric angle --all -o angles.csv\n"
                                 "  nasshrink score table.bin --metric macs -n 100 --seed 3 -o sample.csv\n"
                                 "  nasshrink score supernet.safetensors --metric accuracy --data fashion-mnist "
                                 "--archs archs.txt -o accuracy.csv",
                                 shared, Takes::kLong, [=] { ScoreChildren(*shared, *arguments); });
  AddModel(command, arguments);
  command->add_option("--archs", arguments->archs,
                      "File of ArchitectureList, or a .txt or .csv file with a notation a line");
  command->add_flag("--all", arguments->all, "Every child of the space");
  command->add_option("-n,--number", arguments->number, "A uniform sample of this many children");
  command->add_option("-o,--output", arguments->out, "CSV file")->required();
}

void AddScoreOperators(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<ScoreArguments>();
  CLI::App* command =
      AddCommand(app, "score-operators", "Score every operator by the children that contain it, for nasshrink shrink",
                 "  nasshrink score-operators table.bin --metric angle -o scores.json\n"
                 "  nasshrink score-operators table.bin --metric angle --set aggregation=upper_tail -o "
                 "tail.json",
                 shared, Takes::kLong, [=] { ScoreOperators(*shared, *arguments); });
  AddModel(command, arguments);
  AddSetOption(command, &arguments->set,
               "key=value of ScoreOptions, such as aggregation=median or samples_per_operator=500; may be repeated");
  command->add_option("-o,--output", arguments->out, "File of OperatorScores")->required();
}

}  // namespace

void AddScoreCommands(CLI::App* app, SharedOptions* shared) {
  AddScore(app, shared);
  AddScoreOperators(app, shared);
}

}  // namespace nasshrink::tools
