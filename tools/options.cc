#include "options.h"

#include <utility>

#include "output.h"

namespace nasshrink::tools {

CLI::App* AddCommand(CLI::App* parent, const std::string& name, const std::string& help, const std::string& examples,
                     SharedOptions* shared, Takes takes, std::function<void()> work) {
  CLI::App* command = parent->add_subcommand(name, help);
  command->footer("\nExamples:\n" + examples);
  const auto flags = [command](CLI::Option* option) { option->group("Shared options"); };
  flags(command->add_option("--seed", shared->seed, "Seed of every random choice (default 0)")
            ->check([](const std::string& text) { return text[0] == '-' ? "--seed: is below 0" : ""; }));
  flags(command->add_option(
      "--workers", shared->workers,
      "Threads for sampling, scoring and decoding; results do not depend on it (default: processors)"));
  flags(command->add_option("--threads", shared->threads,
                            "Torch's intra-op threads; training results depend on it (default: processors)"));
  flags(command->add_option("--device", shared->device, "Where training runs: cpu (default)"));
  if (takes == Takes::kLong) {
    flags(command->add_option("--max-seconds", shared->max_seconds, "Stop after this many seconds")
              ->check(CLI::NonNegativeNumber));
  }
  flags(command->add_flag("--quiet,-q", shared->quiet, "No progress and no log"));
  flags(command->add_flag("--json", shared->json, "One JSON document on standard output"));
  command->callback([shared, work = std::move(work)] {
    UseJson(shared->json);
    work();
  });
  return command;
}

void AddSetOption(CLI::App* command, std::vector<std::string>* settings, const std::string& help) {
  // One value each: what follows is the next argument.
  command->add_option("--set", *settings, help)->allow_extra_args(false);
}

}  // namespace nasshrink::tools
