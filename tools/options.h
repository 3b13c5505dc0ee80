// How a command is added to the program.
#ifndef NASSHRINK_TOOLS_OPTIONS_H_
#define NASSHRINK_TOOLS_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "shared_options.h"

namespace nasshrink::tools {

enum class Takes { kMoment, kLong };

// A subcommand with the shared flags; `examples` is shown below its help. `work` runs when the command line names it.
CLI::App* AddCommand(CLI::App* parent, const std::string& name, const std::string& help, const std::string& examples,
                     SharedOptions* shared, Takes takes, std::function<void()> work);

// `--set key=value`, which may be given many times.
void AddSetOption(CLI::App* command, std::vector<std::string>* settings, const std::string& help);

// One function a group of commands; main() calls each once.
void AddSpaceCommands(CLI::App* app, SharedOptions* shared);
void AddArchCommands(CLI::App* app, SharedOptions* shared);
void AddLatencyCommands(CLI::App* app, SharedOptions* shared);
void AddRunCommands(CLI::App* app, SharedOptions* shared);
void AddTrainCommands(CLI::App* app, SharedOptions* shared);
void AddImportCommands(CLI::App* app, SharedOptions* shared);
void AddTableCommands(CLI::App* app, SharedOptions* shared);
void AddScoreCommands(CLI::App* app, SharedOptions* shared);
void AddShrinkCommands(CLI::App* app, SharedOptions* shared);
void AddRankCommands(CLI::App* app, SharedOptions* shared);
void AddFrontierCommands(CLI::App* app, SharedOptions* shared);
void AddSearchCommands(CLI::App* app, SharedOptions* shared);
void AddDeriveCommands(CLI::App* app, SharedOptions* shared);
void AddExportCommands(CLI::App* app, SharedOptions* shared);
void AddDoctorCommands(CLI::App* app, SharedOptions* shared);

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_OPTIONS_H_
