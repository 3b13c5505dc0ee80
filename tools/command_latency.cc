// latency import|networks|check|measure
#include <fmt/format.h>

#include <charconv>
#include <map>
#include <memory>

#include "archs.h"
#include "files.h"
#include "handles.h"
#include "interrupt.h"
#include "latency.h"
#include "nasshrink/v1/context.pb.h"
#include "options.h"
#include "progress.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

struct LatencyArguments {
  std::string space;
  std::string file;
  std::string format;
  std::string device;
  std::string column;
  std::string archs;
  std::string known;
  double precision = 0.02;
  double operator_seconds = 2;
  uint32_t batch = 1;
  std::string out;
};

void ImportTable(const SharedOptions& shared, const LatencyArguments& arguments) {
  const Context context = OpenContext(shared);
  const v1::LatencyTable table = ReadLatency(context.get(), arguments.file, arguments.format, arguments.device);
  WriteLatency(context.get(), arguments.out, table);
  PrintResult({{"file", arguments.out},
               {"device", table.device()},
               {"resolution", table.resolution()},
               {"operators", table.operators_size()},
               {"fixed_ms", table.fixed_by_key() ? Json() : Json(table.fixed_ms())}});
}

// The notation of every row: in the file itself, or in another one with the same `index`.
std::vector<std::string> NotationsOf(const LatencyArguments& arguments, const Csv& csv) {
  const std::vector<std::string> names = {"arch", "arch_str", "ops", "architecture"};
  std::vector<std::string> texts;
  if (arguments.archs.empty()) {
    const size_t column = csv.FirstColumn(arguments.file, names);
    for (const auto& row : csv.rows) texts.push_back(row[column]);
    return texts;
  }
  const Csv archs = ReadCsv(arguments.archs);
  const size_t key = archs.Column(arguments.archs, "index");
  const size_t column = archs.FirstColumn(arguments.archs, names);
  std::map<std::string, std::string> by_index;
  for (const auto& row : archs.rows) by_index[row[key]] = row[column];
  const size_t index = csv.Column(arguments.file, "index");
  for (const auto& row : csv.rows) {
    const auto found = by_index.find(row[index]);
    if (found == by_index.end()) FailCall(fmt::format("{}: has no index {}", arguments.archs, row[index]));
    texts.push_back(found->second);
  }
  return texts;
}

double ParseMilliseconds(const std::string& path, size_t row, const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  FailCall(fmt::format("{}: row {}: '{}' is no time in milliseconds", path, row + 1, text));
}

void ImportNetworks(const SharedOptions& shared, const LatencyArguments& arguments) {
  const Context context = OpenContext(shared);
  const Space space = OpenSpace(context.get(), arguments.space);
  v1::SearchSpace root_message = MessageOf(space.get());
  for (v1::Choice& choice : *root_message.mutable_choices()) choice.clear_alive();
  const Space root = SpaceOf(context.get(), root_message);
  const Csv csv = ReadCsv(arguments.file);
  const size_t column = csv.Column(arguments.file, arguments.column);
  const std::vector<std::string> notations = NotationsOf(arguments, csv);
  v1::LatencyTable table;
  table.set_name(arguments.file);
  table.set_device(arguments.device.empty() ? arguments.column : arguments.device);
  table.mutable_children()->set_root_fingerprint(SummaryOf(root.get()).root_fingerprint());
  table.mutable_children()->set_choices(SummaryOf(root.get()).choices());
  for (size_t i = 0; i < csv.rows.size(); ++i) {
    const Row row = RowOf(ImportRow(root.get(), arguments.file, i + 1, notations[i]).get());
    table.mutable_children()->mutable_candidates()->Add(row.begin(), row.end());
    table.add_children_ms(ParseMilliseconds(arguments.file, i, csv.rows[i][column]));
  }
  const v1::LatencyReport report = CheckLatency(space.get(), table);
  WriteMessage(arguments.out, table);
  PrintResult({{"file", arguments.out},
               {"device", table.device()},
               {"networks", table.children_ms_size()},
               {"children", report.children()},
               {"latency_ms_min", report.min_ms()},
               {"latency_ms_max", report.max_ms()}});
}

Json MissingJson(const v1::SearchSpace& space, const v1::LatencyReport& report) {
  Json missing = Json::array();
  for (const v1::MissingLatency& one : report.missing()) {
    Json json = {{"key", one.key()}, {"layers", Json::array()}, {"candidates", Json::array()}};
    for (const std::string& layer : one.layers()) json["layers"].push_back(layer);
    for (const v1::OperatorRef& ref : one.candidates()) {
      json["candidates"].push_back(OperatorJson(space, ref.choice(), ref.candidate()));
    }
    missing.push_back(json);
  }
  return missing;
}

void CheckTable(const SharedOptions& shared, const LatencyArguments& arguments) {
  const Context context = OpenContext(shared);
  const Space space = OpenSpace(context.get(), arguments.space);
  v1::LatencyTable table;
  table.set_fixed_by_key(true);
  if (!arguments.file.empty()) table = ReadLatency(context.get(), arguments.file);
  const v1::LatencyReport report = CheckLatency(space.get(), table);
  if (!arguments.out.empty()) {
    std::string text = "key,mean_ms,variance,count,device,resolution\n";
    for (const v1::MissingLatency& one : report.missing()) text += one.key() + ",,,,,\n";
    WriteBytes(arguments.out, text);
  }
  Json json = {{"complete", report.missing_size() == 0}};
  json["latency_ms_min"] = report.has_min_ms() ? Json(report.min_ms()) : Json();
  json["latency_ms_max"] = report.has_max_ms() ? Json(report.max_ms()) : Json();
  if (table.has_children()) {
    json["networks"] = table.children_ms_size();
    json["children"] = report.children();
  } else {
    json["operators"] = report.operators();
    json["unused"] = report.unused();
    json["missing"] = MissingJson(MessageOf(space.get()), report);
  }
  PrintResult(json);
}

// Operator by operator, the file written after each, so that a stop loses nothing.
void MeasureTable(const SharedOptions& shared, const LatencyArguments& arguments) {
  CheckWritable(arguments.out);
  const Context context = OpenContext(shared);
  const Space space = OpenSpace(context.get(), arguments.space);
  v1::LatencyMeasureOptions options;
  options.set_operators(1);
  options.set_batch_size(arguments.batch);
  options.set_precision(arguments.precision);
  options.set_max_seconds(arguments.operator_seconds);
  v1::LatencyTable none;
  none.set_fixed_by_key(true);
  if (!arguments.known.empty()) *options.mutable_known() = ReadLatency(context.get(), arguments.known);
  const auto total =
      static_cast<uint64_t>(CheckLatency(space.get(), options.has_known() ? options.known() : none).missing_size());
  nasshrink_cancel* const cancel = CatchInterrupts(shared.max_seconds);
  Progress progress(shared.quiet);
  LoopProgress loop(&progress, "measuring", "operators/s", total);
  for (uint64_t done = 0; done < total; ++done) {
    const std::string bytes = options.SerializeAsString();
    nasshrink_buffer* table = nullptr;
    CheckWork(Try(nasshrink_latency_measure, space.get(), Data(bytes), bytes.size(), cancel, &table),
              fmt::format("--known {} goes on", arguments.out));
    *options.mutable_known() = MessageOf<v1::LatencyTable>(Buffer(table));
    if (!arguments.device.empty()) options.mutable_known()->set_device(arguments.device);
    WriteLatency(context.get(), arguments.out, options.known());
    loop.Done(done + 1);
  }
  if (total == 0) WriteLatency(context.get(), arguments.out, options.has_known() ? options.known() : none);
  const v1::LatencyReport report = CheckLatency(space.get(), options.has_known() ? options.known() : none);
  PrintResult({{"file", arguments.out},
               {"device", options.known().device()},
               {"operators", report.operators()},
               {"measured", total},
               {"latency_ms_min", report.min_ms()},
               {"latency_ms_max", report.max_ms()}});
}

using Arguments = std::shared_ptr<LatencyArguments>;

void AddImport(CLI::App* group, SharedOptions* shared) {
  const auto arguments = std::make_shared<LatencyArguments>();
  CLI::App* command =
      AddCommand(group, "import", "Turn a published or hand-made table of operators into a latency table",
                 "  nasshrink latency import proxyless_mobile_lut.csv -o mobile.bin\n"
                 "  nasshrink latency import fbnet_hwnasbench_lut.csv --measured-on pixel3 -o pixel3.csv",
                 shared, Takes::kMoment, [=] { ImportTable(*shared, *arguments); });
  command->add_option("FILE", arguments->file, "CSV, gzipped or not, or a file of LatencyTable")->required();
  command->add_option("--format", arguments->format,
                      "Name of the CSV's format (nasshrink list latency-formats; default: recognised)");
  command->add_option("--measured-on", arguments->device, "Device to take, or name of the one that was measured");
  command->add_option("-o,--output", arguments->out, "File of the result: .csv, or a LatencyTable")->required();
}

void AddNetworks(CLI::App* group, SharedOptions* shared) {
  const auto arguments = std::make_shared<LatencyArguments>();
  CLI::App* command =
      AddCommand(group, "networks", "Make a latency table of whole networks that were measured",
                 "  nasshrink latency networks nas-bench-201 nasbench201_latency.csv.gz --archs nasbench201.csv.gz "
                 "--column pixel3 -o pixel3.bin",
                 shared, Takes::kMoment, [=] { ImportNetworks(*shared, *arguments); });
  command->add_option("SPACE", arguments->space, "Preset or file")->required();
  command->add_option("FILE", arguments->file, "CSV, gzipped or not, with a network a line")->required();
  command->add_option("--column", arguments->column, "Column with the times in milliseconds")->required();
  command->add_option("--archs", arguments->archs,
                      "CSV with the networks' notations, joined by the column index (default: FILE itself, in a column "
                      "arch, arch_str, ops or architecture)");
  command->add_option("--measured-on", arguments->device, "Name of what was measured (default: that of the column)");
  command->add_option("-o,--output", arguments->out, "File of the LatencyTable")->required();
}

void AddCheck(CLI::App* group, SharedOptions* shared) {
  const auto arguments = std::make_shared<LatencyArguments>();
  CLI::App* command = AddCommand(group, "check", "The operators of a space that a latency table lacks, or all of them",
                                 "  nasshrink latency check pad-nas-large mobile.bin\n"
                                 "  nasshrink latency check pad-nas-large -o to-measure.csv",
                                 shared, Takes::kMoment, [=] { CheckTable(*shared, *arguments); });
  command->add_option("SPACE", arguments->space, "Preset or file")->required();
  command->add_option("TABLE", arguments->file, "Latency table (default: one without times)");
  command->add_option("-o,--output", arguments->out, "Also write the missing operators as a CSV to fill in");
}

void AddMeasure(CLI::App* group, SharedOptions* shared) {
  const auto arguments = std::make_shared<LatencyArguments>();
  CLI::App* command = AddCommand(group, "measure", "Time every operator of a space on this machine",
                                 "  nasshrink latency measure pad-nas-large --threads 1 -o here.csv\n"
                                 "  nasshrink latency measure pad-nas-large --known here.csv -o here.csv",
                                 shared, Takes::kLong, [=] { MeasureTable(*shared, *arguments); });
  command->add_option("SPACE", arguments->space, "Preset or file")->required();
  command->add_option("--known", arguments->known, "Latency table to complete: only what it lacks is measured");
  command->add_option("--batch", arguments->batch, "Images a run (default 1)");
  command->add_option("--precision", arguments->precision,
                      "Runs go on until half the mean's 95 % interval is at most this share of it (default 0.02)");
  command->add_option("--operator-seconds", arguments->operator_seconds,
                      "... or until an operator has taken this many seconds (default 2)");
  command->add_option("--measured-on", arguments->device, "Name of the machine (default: what the back end says)");
  command->add_option("-o,--output", arguments->out, "File of the result: .csv, or a LatencyTable")->required();
}

}  // namespace

void AddLatencyCommands(CLI::App* app, SharedOptions* shared) {
  CLI::App* group = app->add_subcommand("latency", "Read, check and measure tables of how long operators take");
  group->require_subcommand(1);
  AddImport(group, shared);
  AddNetworks(group, shared);
  AddCheck(group, shared);
  AddMeasure(group, shared);
}

}  // namespace nasshrink::tools
