// presets, list, space make|describe|diff|union|intersect|subtract|restrict
#include <fmt/format.h>

#include <memory>

#include "files.h"
#include "handles.h"
#include "latency.h"
#include "options.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

constexpr const char* kKinds[] = {"presets",    "operators", "metrics", "rules",           "strategies",
                                  "algorithms", "recipes",   "formats", "latency-formats", "latency-tables"};

struct SpaceArguments {
  std::string a;
  std::string b;
  std::string config;
  std::string out;
  std::vector<std::string> set;
  std::vector<std::string> drop;
  std::vector<std::string> pin;
  std::vector<std::string> restore;
  std::string edits;
  std::string latency;
};

v1::RegistryListing List(nasshrink_context* context, const std::string& kind) {
  return Ask<v1::RegistryListing>(nasshrink_registry_list, context, kind.c_str());
}

void ShowPresets(const SharedOptions& shared) {
  const Context context = OpenContext(shared);
  Json presets = Json::array();
  const v1::RegistryListing listing = List(context.get(), "presets");
  for (const auto& entry : listing.entries()) {
    const Space space = OpenSpace(context.get(), entry.name());
    const v1::SpaceSummary summary = SummaryOf(space.get());
    presets.push_back({{"name", entry.name()},
                       {"choices", summary.choices()},
                       {"operators", summary.operators()},
                       {"children", summary.children()},
                       {"help", entry.help()}});
  }
  PrintResult(presets);
}

void ShowList(const SharedOptions& shared, const std::string& kind) {
  const Context context = OpenContext(shared);
  Json entries = Json::array();
  const v1::RegistryListing listing = List(context.get(), kind);
  for (const auto& entry : listing.entries()) {
    Json json = {{"name", entry.name()}, {"help", entry.help()}};
    json["parameters"] = Json::array();
    for (const auto& parameter : entry.parameters()) {
      json["parameters"].push_back(
          {{"name", parameter.name()}, {"type", parameter.type()}, {"help", parameter.help()}});
    }
    entries.push_back(json);
  }
  PrintResult(entries);
}

Json MadeJson(const nasshrink_space* space) {
  const v1::SpaceSummary summary = SummaryOf(space);
  return {{"fingerprint", Hex(summary.full_fingerprint())},
          {"children", summary.children()},
          {"operators", summary.operators()}};
}

void Keep(const SpaceArguments& arguments, const Space& space) {
  WriteSpace(arguments.out, space.get());
  Json made = MadeJson(space.get());
  made["file"] = arguments.out;
  PrintResult(made);
}

void MakeSpace(const SharedOptions& shared, const SpaceArguments& arguments) {
  if (arguments.a.empty() == arguments.config.empty()) FailCall("give PRESET, or --config FILE");
  const v1::PresetOptions options = PresetSettings(arguments.set);
  const Context context = OpenContext(shared);
  if (!arguments.config.empty()) {
    if (!arguments.set.empty()) FailCall("--set shapes a preset; a network file says its own sizes");
    return Keep(arguments, OpenConfig(context.get(), arguments.config));
  }
  const std::string bytes = options.SerializeAsString();
  Keep(arguments, Make<Space>(nasshrink_space_preset, context.get(), arguments.a.c_str(), Data(bytes), bytes.size()));
}

Json OperatorsJson(const v1::SearchSpace& space, const google::protobuf::RepeatedPtrField<v1::OperatorRef>& operators) {
  Json list = Json::array();
  for (const v1::OperatorRef& reference : operators) {
    list.push_back(OperatorJson(space, reference.choice(), reference.candidate()));
  }
  return list;
}

void DescribeSpace(const SharedOptions& shared, const SpaceArguments& arguments) {
  const Context context = OpenContext(shared);
  const Space space = OpenSpace(context.get(), arguments.a);
  const v1::SpaceSummary summary = SummaryOf(space.get());
  Json json = {{"name", summary.name()},
               {"choices", summary.choices()},
               {"operators", summary.operators()},
               {"children", summary.children()},
               {"fingerprint", Hex(summary.full_fingerprint())},
               {"root_fingerprint", Hex(summary.root_fingerprint())},
               {"children_fingerprint", Hex(summary.children_fingerprint())}};
  for (const v1::CostRange& range : summary.costs()) {
    json[range.cost() + "_min"] = static_cast<uint64_t>(range.min());
    json[range.cost() + "_max"] = static_cast<uint64_t>(range.max());
  }
  if (!arguments.latency.empty()) {
    const v1::LatencyReport report = CheckLatency(space.get(), ReadLatency(context.get(), arguments.latency));
    if (!report.has_min_ms()) {
      FailCall(fmt::format("{}: has no time for {} of the space's {} operators; nasshrink latency check lists them",
                           arguments.latency, report.missing_size(), report.operators()));
    }
    json["latency_ms_min"] = report.min_ms();
    json["latency_ms_max"] = report.max_ms();
  }
  const v1::SearchSpace message = MessageOf(space.get());
  json["dropped"] = OperatorsJson(message, summary.edits().drop());
  const v1::Network& network = message.network();
  json["input"] = {network.input_channels(), network.input_height(), network.input_width()};
  json["classes"] = network.classes();
  json["alive"] = Json::array();
  for (const v1::Choice& choice : message.choices()) {
    Json row = {{"choice", json["alive"].size()}, {"key", choice.key()}, {"ops", Json::array()}};
    row["labels"] = Json::array();
    const auto add = [&row](const v1::Candidate& candidate) {
      row["ops"].push_back(candidate.code());
      row["labels"].push_back(candidate.label());
    };
    if (choice.alive().empty()) {
      for (const v1::Candidate& candidate : choice.candidates()) add(candidate);
    }
    for (const uint32_t index : choice.alive()) add(choice.candidates(static_cast<int>(index)));
    json["alive"].push_back(row);
  }
  PrintResult(json);
}

void DiffSpaces(const SharedOptions& shared, const SpaceArguments& arguments) {
  const Context context = OpenContext(shared);
  const Space a = OpenSpace(context.get(), arguments.a);
  const Space b = OpenSpace(context.get(), arguments.b);
  const auto edits = Ask<v1::SpaceEdits>(nasshrink_space_diff, a.get(), b.get());
  if (!arguments.out.empty()) WriteMessage(arguments.out, edits);
  const v1::SearchSpace message = MessageOf(a.get());
  PrintResult({{"drop", OperatorsJson(message, edits.drop())},
               {"pin", OperatorsJson(message, edits.pin())},
               {"restore", OperatorsJson(message, edits.restore())}});
}

void CombineSpaces(const SharedOptions& shared, const SpaceArguments& arguments, int32_t how) {
  const Context context = OpenContext(shared);
  const Space a = OpenSpace(context.get(), arguments.a);
  const Space b = OpenSpace(context.get(), arguments.b);
  Keep(arguments, Make<Space>(nasshrink_space_combine, a.get(), b.get(), how));
}

void RestrictSpace(const SharedOptions& shared, const SpaceArguments& arguments) {
  const Context context = OpenContext(shared);
  const Space space = OpenSpace(context.get(), arguments.a);
  const v1::SearchSpace message = MessageOf(space.get());
  v1::SpaceEdits edits;
  if (!arguments.edits.empty()) ReadMessage(arguments.edits, &edits);
  for (const std::string& text : arguments.drop) *edits.add_drop() = ParseOperator(message, text);
  for (const std::string& text : arguments.pin) *edits.add_pin() = ParseOperator(message, text);
  for (const std::string& text : arguments.restore) *edits.add_restore() = ParseOperator(message, text);
  if (edits.drop().empty() && edits.pin().empty() && edits.restore().empty()) {
    FailCall("give what to change: --drop, --pin or --restore CHOICE:OP, or a file with --edits");
  }
  const std::string bytes = edits.SerializeAsString();
  const bool file_alone = arguments.drop.empty() && arguments.pin.empty() && arguments.restore.empty();
  Keep(arguments,
       file_alone ? MakeFrom<Space>(arguments.edits, nasshrink_space_restrict, space.get(), Data(bytes), bytes.size())
                  : Make<Space>(nasshrink_space_restrict, space.get(), Data(bytes), bytes.size()));
}

void AddListing(CLI::App* app, SharedOptions* shared) {
  AddCommand(app, "presets", "The search spaces that come with the program",
             "  nasshrink presets\n  nasshrink presets --json", shared, Takes::kMoment,
             [shared] { ShowPresets(*shared); });
  const auto kind = std::make_shared<std::string>();
  const std::vector<std::string> names(std::begin(kKinds), std::end(kKinds));
  AddCommand(app, "list", "The names that other commands take", "  nasshrink list metrics\n  nasshrink list recipes",
             shared, Takes::kMoment, [shared, kind] { ShowList(*shared, *kind); })
      ->add_option("KIND", *kind, "What to list")
      ->required()
      ->check(CLI::IsMember(names));
}

using Arguments = std::shared_ptr<SpaceArguments>;

void AddOut(CLI::App* command, const Arguments& arguments, bool required) {
  command->add_option("-o,--output", arguments->out, "File of the result (.json and .textproto as text)")
      ->required(required);
}

void AddTwoSpaces(CLI::App* group, SharedOptions* shared, const std::string& name, const std::string& help,
                  int32_t how) {
  const auto arguments = std::make_shared<SpaceArguments>();
  CLI::App* command = AddCommand(group, name, help, fmt::format("  nasshrink space {} a.bin b.bin -o c.bin", name),
                                 shared, Takes::kMoment, [=] { CombineSpaces(*shared, *arguments, how); });
  command->add_option("A", arguments->a, "Preset or file of a space")->required();
  command->add_option("B", arguments->b, "Another sub-space of the same root")->required();
  AddOut(command, arguments, true);
}

void AddMake(CLI::App* group, SharedOptions* shared) {
  const auto arguments = std::make_shared<SpaceArguments>();
  CLI::App* command = AddCommand(group, "make", "Write a preset, or the space of a published network, as a file",
                                 "  nasshrink space make nas-bench-201 -o space.bin\n"
                                 "  nasshrink space make nas-bench-201 --set channels=8 --set cells=1 --set "
                                 "input_channels=1 --set height=28 --set width=28 -o small.json\n"
                                 "  nasshrink space make fairnas --set resolution=160 --set width_multiplier=0.75 "
                                 "-o thin.bin\n"
                                 "  nasshrink space make darts --set stem=imagenet -o darts.bin",
                                 shared, Takes::kMoment, [=] { MakeSpace(*shared, *arguments); });
  command->add_option("PRESET", arguments->a, "Name of a preset (nasshrink presets)");
  command->add_option("--config", arguments->config,
                      "In place of PRESET: a network of ProxylessNAS, Once-for-All or AutoSpace, or AutoSpace's "
                      "learned space (JSON)");
  AddSetOption(command, &arguments->set,
               "key=value: classes, input_channels, height, width, resolution (both), and what the preset takes of "
               "channels, cells, width_multiplier, depth_multiplier, layers, stem (nasshrink list presets); may be "
               "repeated");
  AddOut(command, arguments, true);
}

void AddDescribe(CLI::App* group, SharedOptions* shared) {
  const auto arguments = std::make_shared<SpaceArguments>();
  CLI::App* command =
      AddCommand(group, "describe", "Size, alive operators and cost range of a space",
                 "  nasshrink space describe nas-bench-201\n  nasshrink space describe my-run/space.bin --json", shared,
                 Takes::kMoment, [=] { DescribeSpace(*shared, *arguments); });
  command->add_option("SPACE", arguments->a, "Preset or file")->required();
  command->add_option("--latency", arguments->latency,
                      "Also the range of latencies: a CSV or a LatencyTable (nasshrink latency --help)");
}

void AddDiff(CLI::App* group, SharedOptions* shared) {
  const auto arguments = std::make_shared<SpaceArguments>();
  CLI::App* command = AddCommand(group, "diff", "What has to be dropped and restored to turn A into B",
                                 "  nasshrink space diff nas-bench-201 small.bin", shared, Takes::kMoment,
                                 [=] { DiffSpaces(*shared, *arguments); });
  command->add_option("A", arguments->a, "Preset or file of a space")->required();
  command->add_option("B", arguments->b, "Another sub-space of the same root")->required();
  AddOut(command, arguments, false);
}

void AddRestrict(CLI::App* group, SharedOptions* shared) {
  const auto arguments = std::make_shared<SpaceArguments>();
  CLI::App* command =
      AddCommand(group, "restrict", "Drop operators, keep one alone in its choice, or bring dropped ones back",
                 "  nasshrink space restrict nas-bench-201 --drop 0:0 --drop 3:4 --pin 5:3 -o small.bin\n"
                 "  nasshrink space diff nas-bench-201 small.bin -o edits.json\n"
                 "  nasshrink space restrict nas-bench-201 --edits edits.json -o again.bin",
                 shared, Takes::kMoment, [=] { RestrictSpace(*shared, *arguments); });
  command->add_option("SPACE", arguments->a, "Preset or file")->required();
  command->add_option("--drop", arguments->drop, "CHOICE:OP to drop; may be repeated");
  command->add_option("--pin", arguments->pin, "CHOICE:OP to keep alone in its choice; may be repeated");
  command->add_option("--restore", arguments->restore, "dropped CHOICE:OP to bring back; may be repeated");
  command->add_option("--edits", arguments->edits, "File of SpaceEdits, as space diff writes it");
  AddOut(command, arguments, true);
}

}  // namespace

void AddSpaceCommands(CLI::App* app, SharedOptions* shared) {
  AddListing(app, shared);
  CLI::App* group = app->add_subcommand("space", "Make, describe, compare and edit search spaces");
  group->require_subcommand(1);
  AddMake(group, shared);
  AddDescribe(group, shared);
  AddDiff(group, shared);
  AddTwoSpaces(group, shared, "union", "The operators alive in either space", NASSHRINK_COMBINE_UNION);
  AddTwoSpaces(group, shared, "intersect", "The operators alive in both spaces", NASSHRINK_COMBINE_INTERSECTION);
  AddTwoSpaces(group, shared, "subtract", "The operators alive in A and not in B, choice by choice",
               NASSHRINK_COMBINE_DIFFERENCE);
  AddRestrict(group, shared);
}

}  // namespace nasshrink::tools
