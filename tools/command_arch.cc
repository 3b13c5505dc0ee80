// arch cost|convert, count, sample
#include <fmt/format.h>

#include <memory>

#include "archs.h"
#include "constraints.h"
#include "files.h"
#include "handles.h"
#include "latency.h"
#include "options.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

struct ArchArguments {
  std::string space;
  std::string arch;
  std::string config;
  std::string latency;
  std::string from;
  std::string to;
  std::string count = "conv-fc";
  uint32_t resolution = 0;
};

struct ChildrenArguments {
  std::string space;
  uint32_t number = 1;
  std::vector<std::string> containing;
  std::vector<std::string> excluding;
  std::string out;
  ConstraintFlags constraints;
};

v1::Counting CountingOf(const std::string& name) {
  if (name == "conv-fc") return v1::COUNTING_CONV_FC;
  if (name == "thop") return v1::COUNTING_THOP;
  FailCall(fmt::format("--count: names no way of counting (got {}, allowed: conv-fc, thop)", name));
}

Json ChoicesJson(const v1::SearchSpace& space, const v1::CostReport& cost) {
  Json choices = Json::array();
  for (const v1::ChoiceCost& row : cost.choices()) {
    const v1::Choice& choice = space.choices(static_cast<int>(row.choice()));
    choices.push_back({{"choice", row.choice()},
                       {"op", row.code()},
                       {"label", choice.candidates(static_cast<int>(row.candidate())).label()},
                       {"macs", row.macs()},
                       {"params", row.params()},
                       {"activation_peak", row.activation_peak()},
                       {"latency_ms", row.has_latency_ms() ? Json(row.latency_ms()) : Json()}});
  }
  return choices;
}

void ShowCost(const SharedOptions& shared, const ArchArguments& arguments) {
  v1::CostQuery query;
  query.set_resolution(arguments.resolution);
  query.set_counting(CountingOf(arguments.count));
  query.set_by_choice(true);
  const Context context = OpenContext(shared);
  if (arguments.config.empty() == arguments.arch.empty()) FailCall("give SPACE and ARCH, or --config FILE");
  const bool config = !arguments.config.empty();
  const Space space = config ? OpenConfig(context.get(), arguments.config) : OpenSpace(context.get(), arguments.space);
  const Arch arch = config ? FirstChild(space.get()) : OpenArch(space.get(), arguments.arch);
  if (!arguments.latency.empty()) *query.mutable_latency() = ReadLatency(context.get(), arguments.latency);
  const v1::CostReport cost = CostOf(arch.get(), query);
  const v1::SearchSpace message = MessageOf(space.get());
  Json json = ChildJson(message, RowOf(arch.get()), cost);
  json["live_macs"] = cost.live_macs();
  json["live_params"] = cost.live_params();
  json["norm_params"] = cost.norm_params();
  json["activation_peak"] = cost.activation_peak();
  json["fixed_macs"] = cost.fixed_macs();
  json["fixed_params"] = cost.fixed_params();
  json["latency_variance"] = cost.has_latency_variance() ? Json(cost.latency_variance()) : Json();
  json["latency_error_ms"] = cost.has_latency_error_ms() ? Json(cost.latency_error_ms()) : Json();
  json["fixed_latency_ms"] = cost.has_fixed_latency_ms() ? Json(cost.fixed_latency_ms()) : Json();
  json["choices"] = ChoicesJson(message, cost);
  PrintResult(json);
}

void ConvertArch(const SharedOptions& shared, const ArchArguments& arguments) {
  const Context context = OpenContext(shared);
  const Space space = OpenSpace(context.get(), arguments.space);
  const Arch arch = OpenArch(space.get(), arguments.arch, arguments.from);
  const auto text = Make<Buffer>(nasshrink_arch_export, arch.get(), arguments.to.c_str());
  PrintResult({{"text", View(text)}});
}

// For SampleOptions and CountOptions, which name these fields alike.
template <typename Message>
void SetFilter(nasshrink_context* context, const ChildrenArguments& arguments, const v1::SearchSpace& space,
               Message* options) {
  SetConstraints(context, arguments.constraints, options);
  for (const std::string& text : arguments.containing) *options->add_containing() = ParseOperator(space, text);
  for (const std::string& text : arguments.excluding) *options->add_excluding() = ParseOperator(space, text);
}

void AddFilterFlags(CLI::App* command, ChildrenArguments* arguments) {
  command->add_option("SPACE", arguments->space, "Preset or file")->required();
  command->add_option("--containing", arguments->containing, "Only children with CHOICE:OP; may be repeated");
  command->add_option("--excluding", arguments->excluding, "Only children without CHOICE:OP; may be repeated");
  AddConstraintFlags(command, &arguments->constraints);
}

void CountChildren(const SharedOptions& shared, const ChildrenArguments& arguments) {
  const Context context = OpenContext(shared);
  const Space space = OpenSpace(context.get(), arguments.space);
  v1::CountOptions options;
  SetFilter(context.get(), arguments, MessageOf(space.get()), &options);
  const std::string bytes = options.SerializeAsString();
  const auto report = Ask<v1::CountReport>(nasshrink_space_count, space.get(), Data(bytes), bytes.size());
  Json json = {{"children", report.children()}};
  if (report.feasible().empty()) {
    json["feasible_at_least"] = report.feasible_at_least();
    json["feasible_at_most"] = report.feasible_at_most();
  } else {
    json["feasible"] = report.feasible();
  }
  json["fraction"] = report.fraction();
  for (const v1::Constraint& constraint : report.constraints()) {
    if (constraint.has_min()) json["min_" + constraint.cost()] = constraint.min();
    if (constraint.has_max()) json["max_" + constraint.cost()] = constraint.max();
  }
  PrintResult(json);
}

void ShowSample(const SharedOptions& shared, const ChildrenArguments& arguments) {
  const Context context = OpenContext(shared);
  const Space space = OpenSpace(context.get(), arguments.space);
  const v1::SearchSpace message = MessageOf(space.get());
  v1::SampleOptions options;
  options.set_seed(shared.seed);
  options.set_count(arguments.number);
  SetFilter(context.get(), arguments, message, &options);
  const std::vector<Row> rows = SampleChildren(space.get(), options);
  if (!arguments.out.empty()) WriteArchs(arguments.out, space.get(), rows);
  v1::CostQuery query;
  if (options.has_latency()) *query.mutable_latency() = options.latency();
  Json children = Json::array();
  for (const Row& row : rows) {
    children.push_back(ChildJson(message, row, CostOf(ArchOf(space.get(), row).get(), query)));
  }
  PrintResult({{"children", children}});
}

void AddCost(CLI::App* group, SharedOptions* shared) {
  const auto arguments = std::make_shared<ArchArguments>();
  CLI::App* command = AddCommand(group, "cost", "Multiply-adds, parameters, activation peak and latency of a child",
                                 "  nasshrink arch cost nas-bench-201 \"3 3 3 3 3 3\"\n"
                                 "  nasshrink arch cost fairnas \"4 0 4 1 5 0 0 5 5 2 1 2 2 1 1 5 1 5 3\" "
                                 "--resolution 160 --count thop\n"
                                 "  nasshrink arch cost nas-bench-201 "
                                 "\"|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|none~1|none~2|\" --json",
                                 shared, Takes::kMoment, [=] { ShowCost(*shared, *arguments); });
  command->add_option("SPACE", arguments->space, "Preset or file");
  command->add_option("ARCH", arguments->arch, "A notation of the space, or a file");
  command->add_option("--config", arguments->config,
                      "In place of SPACE and ARCH: a network file of ProxylessNAS or Once-for-All (JSON)");
  command->add_option("--latency", arguments->latency,
                      "Latency table: a CSV or a LatencyTable (nasshrink latency --help)");
  command->add_option("--resolution", arguments->resolution, "Side of a square input (default: the space's own)");
  command->add_option("--count", arguments->count,
                      "How the classifier's multiply-adds are counted: conv-fc, in * out (default); thop, "
                      "(2 * in - 1) * out");
}

void AddConvert(CLI::App* group, SharedOptions* shared) {
  const auto arguments = std::make_shared<ArchArguments>();
  CLI::App* command = AddCommand(group, "convert", "A child in another notation",
                                 "  nasshrink arch convert nas-bench-201 \"3 3 0 1 0 0\" --to nas-bench-201\n"
                                 "  nasshrink arch convert nas-bench-201 1627 --from key --to ops\n"
                                 "  nasshrink list formats",
                                 shared, Takes::kMoment, [=] { ConvertArch(*shared, *arguments); });
  command->add_option("SPACE", arguments->space, "Preset or file")->required();
  command->add_option("ARCH", arguments->arch, "A notation of the space, or a file")->required();
  command->add_option("--from", arguments->from, "Name of ARCH's notation (default: recognised)");
  command->add_option("--to", arguments->to, "Name of a notation (nasshrink list formats)")->required();
}

void AddCount(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<ChildrenArguments>();
  CLI::App* command = AddCommand(app, "count", "Exact number of children, and of those within constraints",
                                 "  nasshrink count nas-bench-201\n"
                                 "  nasshrink count nas-bench-201 --max-macs 100M --max-params 1M --json\n"
                                 "  nasshrink count nas-bench-201 --max-macs 20% --excluding 0:0",
                                 shared, Takes::kMoment, [=] { CountChildren(*shared, *arguments); });
  AddFilterFlags(command, arguments.get());
}

void AddSample(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<ChildrenArguments>();
  CLI::App* command = AddCommand(app, "sample", "Children drawn uniformly from those within constraints",
                                 "  nasshrink sample nas-bench-201 -n 5 --seed 1\n"
                                 "  nasshrink sample nas-bench-201 -n 5 --max-macs 50M --containing 0:3",
                                 shared, Takes::kMoment, [=] { ShowSample(*shared, *arguments); });
  AddFilterFlags(command, arguments.get());
  command->add_option("-n,--number", arguments->number, "How many (default 1)");
  command->add_option("-o,--output", arguments->out,
                      "Also write them: operator codes into .txt and .csv, else an ArchitectureList");
}

}  // namespace

void AddArchCommands(CLI::App* app, SharedOptions* shared) {
  CLI::App* group = app->add_subcommand("arch", "Cost and notations of single children");
  group->require_subcommand(1);
  AddCost(group, shared);
  AddConvert(group, shared);
  AddCount(app, shared);
  AddSample(app, shared);
}

}  // namespace nasshrink::tools
