// nasshrink: the command-line program. Everything it does goes through the C ABI.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/stubs/logging.h>
#include <nasshrink.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "options.h"
#include "output.h"

namespace nasshrink::tools {
namespace {

void AddCommands(CLI::App* app, SharedOptions* shared) {
  AddRunCommands(app, shared);
  AddSpaceCommands(app, shared);
  AddArchCommands(app, shared);
  AddLatencyCommands(app, shared);
  AddTrainCommands(app, shared);
  AddImportCommands(app, shared);
  AddTableCommands(app, shared);
  AddScoreCommands(app, shared);
  AddShrinkCommands(app, shared);
  AddRankCommands(app, shared);
  AddFrontierCommands(app, shared);
  AddSearchCommands(app, shared);
  AddDeriveCommands(app, shared);
  AddExportCommands(app, shared);
  AddDoctorCommands(app, shared);
}

// CLI11 may explain over several lines; an error is one.
std::string OneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

// Ends the program when a word in the place of a command names none, which CLI11 would report as a missing command.
void CheckCommand(const CLI::App& app, int argc, char** argv) {
  const CLI::App* group = &app;
  for (int i = 1; i < argc; ++i) {
    const auto commands = group->get_subcommands(nullptr);
    if (commands.empty() || argv[i][0] == '-') return;
    const auto named = [&](const CLI::App* command) { return command->get_name() == argv[i]; };
    const auto found = std::find_if(commands.begin(), commands.end(), named);
    if (found != commands.end()) {
      group = *found;
      continue;
    }
    std::vector<std::string> names;
    for (const CLI::App* command : commands) names.push_back(command->get_name());
    FailCall(fmt::format("there is no command '{}' (commands: {})", argv[i], fmt::join(names, ", ")));
  }
}

int Main(int argc, char** argv) {
  // Errors of the command line itself come before --json has been read.
  UseJson(std::any_of(argv, argv + argc, [](const char* word) { return std::string(word) == "--json"; }));
  CLI::App app(
      "Shrinks search spaces for neural architecture search: trains weight-sharing supernets, scores their operators, "
      "drops the worst, searches what is left.",
      "nasshrink");
  app.footer(
      "\nSPACE is a preset's name or a file of SearchSpace, ARCH a notation of the space or a file, DATA one of\n"
      "fashion-mnist[:DIR], cifar10-bin:DIR|TRAIN[,TEST], cifar10-jpeg:DIR|TAR, idx:IMAGES,LABELS, images:DIR[:SIDE],\n"
      "synthetic:CLASSES[:CxHxW[:IMAGES]], a file of DatasetOptions, table:CSV[:COLUMN].\n"
      "Files ending in .json and .textproto hold messages as text, all others as bytes.\n"
      "libnasshrink_torch.so is looked for beside libnasshrink.so, or in the folder NASSHRINK_BACKEND_FOLDER names.\n"
      "Exit codes: 0 done, 1 the work failed, 2 the call was wrong, 130 cancelled by Ctrl-C.\n\n"
      "Examples:\n"
      "  nasshrink run --recipe abs --space nas-bench-201 --data fashion-mnist -o my-run\n"
      "  nasshrink report my-run -o my-run/report.html\n"
      "  nasshrink COMMAND --help");
  app.set_version_flag("--version", nasshrink_version_string());
  app.require_subcommand(1);
  SharedOptions shared;
  AddCommands(&app, &shared);
  CheckCommand(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    FailCall(OneLine(error.what()) + " (nasshrink --help lists the commands, nasshrink COMMAND --help their options)");
  }
  return kDone;
}

}  // namespace
}  // namespace nasshrink::tools

int main(int argc, char** argv) {
  // What it would say of a damaged message is said in our own words.
  google::protobuf::SetLogHandler(nullptr);
  return nasshrink::tools::Main(argc, argv);
}
