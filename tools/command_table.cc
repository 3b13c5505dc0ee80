// table
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "files.h"
#include "foreign_weights.h"
#include "handles.h"
#include "model.h"
#include "nasshrink/v1/score.pb.h"
#include "options.h"
#include "settings.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

struct TableArguments {
  std::string checkpoint;
  std::vector<std::string> weights;  // W0, current
  std::string space;
  std::string map;
  std::vector<std::string> set;
  std::string out;
};

constexpr char kFixed[] = "fixed";
constexpr char kIgnore[] = "ignore";

uint32_t ChoiceOf(const v1::SearchSpace& space, const std::string& tensor, const std::string& text) {
  for (int i = 0; i < space.choices_size(); ++i) {
    if (space.choices(i).key() == text) return static_cast<uint32_t>(i);
  }
  uint32_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error == std::errc() && end == text.data() + text.size() && index < static_cast<uint32_t>(space.choices_size())) {
    return index;
  }
  FailCall(fmt::format("'{}': choice '{}' is none of the space: give its key, 0..{}, {} or {}", tensor, text,
                       space.choices_size() - 1, kFixed, kIgnore));
}

uint32_t CandidateOf(const v1::Choice& choice, const std::string& tensor, const std::string& text) {
  for (int c = 0; c < choice.candidates_size(); ++c) {
    if (std::to_string(choice.candidates(c).code()) == text || choice.candidates(c).label() == text) {
      return static_cast<uint32_t>(c);
    }
  }
  FailCall(
      fmt::format("'{}': operator '{}' is none of choice '{}': give a code or a label", tensor, text, choice.key()));
}

void AddTensor(const v1::SearchSpace& space, const std::string& name, const std::vector<std::string>& place,
               const double (&sums)[5], v1::OperatorStats* stats) {
  if (place[0] == kFixed) {
    if (stats->fixed_size() == 0) stats->mutable_fixed()->Resize(5, 0);
    for (int i = 0; i < 5; ++i) stats->set_fixed(i, stats->fixed(i) + sums[i]);
    return;
  }
  v1::OperatorStat* stat = stats->add_operators();
  stat->set_choice(ChoiceOf(space, name, place[0]));
  stat->set_candidate(CandidateOf(space.choices(static_cast<int>(stat->choice())), name, place[1]));
  for (const double sum : sums) stat->add_sums(sum);
}

v1::OperatorStats ReadStats(nasshrink_context* context, const v1::SearchSpace& space, const WeightsFile& base,
                            const WeightsFile& current, const NameMap& map) {
  v1::OperatorStats stats;
  for (const std::string& name : current.Names()) {
    const auto place = map.Find(name);
    if (!place.has_value()) {
      FailCall(fmt::format("{}: no pattern of the map matches '{}'; give it a row, with the choice {} to leave it out",
                           current.path(), name, kIgnore));
    }
    if ((*place)[0] == kIgnore) continue;
    if (!base.Has(name)) FailCall(fmt::format("{}: there is no '{}', which {} has", base.path(), name, current.path()));
    const Tensor w0 = base.Open(context, name);
    const Tensor w = current.Open(context, name);
    double sums[5];
    const Outcome outcome = Try(nasshrink_tensor_stats, w0.get(), w.get(), &sums[0]);
    if (!outcome.ok()) {
      Outcome named = outcome;
      named.message = fmt::format("'{}': {}", name, outcome.message);
      FailWith(named);
    }
    AddTensor(space, name, *place, sums, &stats);
  }
  return stats;
}

Table ForeignTable(nasshrink_context* context, const TableArguments& arguments) {
  if (arguments.space.empty()) FailCall("--from-safetensors needs --space SPACE");
  if (arguments.map.empty()) FailCall("--from-safetensors needs --map FILE, a CSV that says what the names mean");
  const Space space = OpenSpace(context, arguments.space);
  v1::AngleOptions options;
  ApplySettings(arguments.set, &options);
  const NameMap map(arguments.map, {"choice", "operator"});
  const v1::OperatorStats stats = ReadStats(context, MessageOf(space.get()), WeightsFile(arguments.weights[0]),
                                            WeightsFile(arguments.weights[1]), map);
  const std::string bytes = stats.SerializeAsString();
  const std::string option_bytes = options.SerializeAsString();
  return Make<Table>(nasshrink_table_from_stats, space.get(), Data(bytes), bytes.size(), Data(option_bytes),
                     option_bytes.size());
}

Table OwnTable(nasshrink_context* context, const TableArguments& arguments) {
  const Supernet supernet = OpenCheckpoint(context, arguments.checkpoint);
  v1::AngleOptions options;
  ApplySettings(arguments.set, &options);
  const std::string bytes = options.SerializeAsString();
  return Make<Table>(nasshrink_supernet_table, supernet.get(), Data(bytes), bytes.size());
}

void WriteTable(const SharedOptions& shared, const TableArguments& arguments) {
  if (arguments.checkpoint.empty() == arguments.weights.empty()) {
    FailCall("give a checkpoint, or --from-safetensors BASE,CURRENT");
  }
  CheckWritable(arguments.out);
  const Context context = OpenContext(shared);
  const Table table =
      arguments.weights.empty() ? OwnTable(context.get(), arguments) : ForeignTable(context.get(), arguments);
  const auto bytes = Make<Buffer>(nasshrink_table_serialize, table.get());
  v1::FactorTable message;
  WriteMessageBytes(arguments.out, View(bytes), &message);
  const auto parsed = MessageOf<v1::FactorTable>(bytes);
  PrintResult({{"file", arguments.out}, {"factors", parsed.factors_size()}, {"columns", parsed.columns_size()}});
}

}  // namespace

void AddTableCommands(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<TableArguments>();
  CLI::App* command =
      AddCommand(app, "table", "The operator scalars of a supernet's weights, with its space",
                 "  nasshrink table supernet.safetensors -o table.bin\n"
                 "  nasshrink table --from-safetensors first.safetensors,last.safetensors --space nas-bench-201 "
                 "--map names.csv -o table.bin",
                 shared, Takes::kMoment, [=] { WriteTable(*shared, *arguments); });
  command->add_option("CKPT", arguments->checkpoint, "Checkpoint of a supernet");
  command
      ->add_option("--from-safetensors", arguments->weights,
                   "BASE,CURRENT: initial and trained weights of a supernet from elsewhere")
      ->delimiter(',')
      ->expected(2);
  command->add_option("--space", arguments->space, "Space of that supernet: preset or file");
  command->add_option("--map", arguments->map,
                      "CSV with the columns pattern, choice, operator: which weights belong to which operator");
  AddSetOption(command, &arguments->set, "key=value of AngleOptions, such as pool=POOL_OFF; may be repeated");
  command->add_option("-o,--output", arguments->out, "File of FactorTable")->required();
}

}  // namespace nasshrink::tools
