// run, resume, status
#include <fmt/format.h>

#include <memory>

#include "archs.h"
#include "data.h"
#include "files.h"
#include "follow.h"
#include "handles.h"
#include "interrupt.h"
#include "options.h"
#include "plans.h"
#include "settings.h"
#include "spaces.h"
#include "stored_run.h"

namespace nasshrink::tools {
namespace {

struct RunArguments {
  std::string recipe;
  std::string plan;
  std::string space;
  std::string data;
  std::string folder;
  std::vector<std::string> set;
  bool any_machine = false;
  bool dry_run = false;
};

std::string ResumeHint(const std::string& folder) { return "continue with: nasshrink resume " + folder; }

bool IsTable(const v1::RunPlan& plan) { return plan.supernet().backend() == "table"; }

// The best child: retrained, or else the first of the search.
Json BestOf(const v1::RunResult& result) {
  if (result.retrained().empty() && result.ranked().empty()) return {};
  return BestJson(result.retrained().empty() ? result.ranked(0) : result.retrained(0), IsTable(result.plan()));
}

// Ends the command: the result as JSON, the shrunk space and the result as files of the run's folder.
void Finish(nasshrink_context* context, const Followed& followed, const std::string& folder) {
  CheckWork(followed.outcome, ResumeHint(folder));
  const Space space = SpaceOf(context, followed.result.space());
  WriteSpace(folder + "/space.bin", space.get());
  WriteMessage(folder + "/result.bin", followed.result);
  Json exported = Json::array();
  for (const std::string& file : followed.result.exported_files()) exported.push_back(file);
  const v1::SpaceSummary summary = SummaryOf(space.get());
  PrintResult({{"best", BestOf(followed.result)},
               {"space", {{"children", summary.children()}, {"fingerprint", Hex(summary.full_fingerprint())}}},
               {"seconds", followed.seconds},
               {"exported", exported},
               {"folder", folder}});
}

v1::RunPlan ReadPlan(const RunArguments& arguments, const Work& work, const SharedOptions& shared,
                     const std::vector<std::string>& settings) {
  v1::RunPlan plan;
  ReadMessage(arguments.plan, &plan);
  Prepare(work, shared.seed == 0 ? plan.seed() : shared.seed, &plan);
  ApplySettings(settings, &plan);
  return plan;
}

void StartRun(const SharedOptions& shared, const RunArguments& arguments) {
  if (arguments.recipe.empty() == arguments.plan.empty()) FailCall("give one of --recipe NAME and --plan FILE");
  if (arguments.folder.empty() && !arguments.dry_run) FailCall("give -o DIR, the run's folder, or --dry-run");
  nasshrink_cancel* const cancel = CatchInterrupts(shared.max_seconds);
  const Settings settings = SplitSettings(arguments.set);
  const Context context = OpenContext(shared);
  if (arguments.space.empty() && (arguments.recipe.empty() || IsTruth(arguments.data))) {
    FailCall("--space is required, but for a recipe on images, which has a space of its own");
  }
  const Work work = OpenWork(context.get(), arguments.space, arguments.data, settings.space, true);
  const v1::RunPlan plan = arguments.plan.empty()
                               ? RecipePlan(context.get(), arguments.recipe, work, shared.seed, settings)
                               : ReadPlan(arguments, work, shared, settings.plan);
  if (arguments.dry_run) {
    PrintResult(EstimateOf(context.get(), plan, work, cancel));
    return;
  }
  const std::string bytes = plan.SerializeAsString();
  const Run run = Make<Run>(nasshrink_run_start, context.get(), Data(bytes), bytes.size(), nullptr, work.dataset.get(),
                            arguments.folder.c_str(), nullptr, cancel);
  Progress progress(shared.quiet);
  if (!work.gaps.empty()) progress.Say(work.gaps);
  Finish(context.get(), Follow(run.get(), &progress, !IsTable(plan)), arguments.folder);
}

void GoOn(const SharedOptions& shared, const RunArguments& arguments) {
  nasshrink_cancel* const cancel = CatchInterrupts(shared.max_seconds);
  const Context context = ContextOfRun(shared, arguments.folder, arguments.any_machine);
  Dataset dataset;
  if (!arguments.data.empty()) dataset = OpenDataset(context.get(), arguments.data);
  const Run run = ResumeRun(context.get(), arguments.folder, arguments.any_machine, dataset.get(), cancel);
  Progress progress(shared.quiet);
  const bool trains = !IsTable(StatusOfRun(context.get(), arguments.folder).plan());
  Finish(context.get(), Follow(run.get(), &progress, trains), arguments.folder);
}

const char* StateName(v1::RunProgress::State state) {
  switch (state) {
    case v1::RunProgress::STATE_RUNNING:
      return "running";
    case v1::RunProgress::STATE_FINISHED:
      return "finished";
    case v1::RunProgress::STATE_FAILED:
      return "failed";
    case v1::RunProgress::STATE_CANCELLED:
      return "cancelled";
    case v1::RunProgress::STATE_INTERRUPTED:
      return "interrupted";
    default:
      return "unknown";
  }
}

void ShowStatus(const SharedOptions& shared, const RunArguments& arguments) {
  const Context context = OpenContext(shared);
  const v1::RunProgress now = StatusOfRun(context.get(), arguments.folder);
  // A run that stands between two stages is at no step.
  const bool at_step = now.steps() > 0;
  Json json = {{"state", StateName(now.state())}};
  if (!now.message().empty()) json["message"] = now.message();
  json["stage"] = now.stage().empty() ? Json() : Json(now.stage());
  json["step"] = at_step ? Json(now.step()) : Json();
  json["steps"] = at_step ? Json(now.steps()) : Json();
  json["fraction"] = now.fraction();
  json["seconds"] = now.seconds();
  json["seconds_left"] = now.seconds_left();
  json["children"] = now.children();
  json["best"] = now.has_best() ? BestJson(now.best(), IsTable(now.plan())) : Json();
  PrintResult(json);
}

void AddRun(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = AddCommand(
      app, "run",
      "Carry out a plan: train a supernet, score, shrink, search, retrain, export.\n"
      "A preset takes its input size, channels and classes from the data; nas-bench-201 gets 8 channels and one cell "
      "a\n"
      "stage (--set channels=16 --set cells=5 is the published size), so that the main job takes minutes on two "
      "cores.\n"
      "Ctrl-C leaves the run resumable. OUT then holds space.bin, the shrunk space, and result.bin, the RunResult.",
      "  nasshrink run --recipe abs --space nas-bench-201 --data fashion-mnist -o my-run\n"
      "  nasshrink run --recipe abs --space nas-bench-201 --data synthetic:4 --set tiny=1 -o tiny-run --json\n"
      "  nasshrink run --recipe abs --space nas-bench-201 --data table:truth.csv.gz:cifar10_test -o benchmark-run\n"
      "  nasshrink run --recipe abs --space nas-bench-201 --data fashion-mnist --dry-run\n"
      "  nasshrink run --plan plan.textproto --space small.bin --data cifar10-bin:cifar -o other-run\n"
      "nasshrink list recipes --json lists the settings of a recipe.",
      shared, Takes::kLong, [=] { StartRun(*shared, *arguments); });
  command->add_option("--recipe", arguments->recipe,
                      "Name of a plan that comes with the program (nasshrink list recipes)");
  command->add_option("--plan", arguments->plan, "File of RunPlan");
  command->add_option("--space", arguments->space, "Preset or file (default: the recipe's)");
  command->add_option("--data", arguments->data, kDataHelp)->required();
  AddSetOption(command, &arguments->set,
               "key=value: a recipe's short name, a path such as stages[train].train.options.epochs, or channels, "
               "cells, classes, height, width, input_channels of a preset; may be repeated");
  command->add_option("-o,--output", arguments->folder, "Folder of the run; new or empty");
  command->add_flag("--dry-run", arguments->dry_run,
                    "Say how much memory and time the run will take, found by doing a little of every stage");
  command
      ->add_option("--memory-limit", shared->memory_limit, "Bytes, or 500M, 4G: a plan that would need more is refused")
      ->transform(CLI::AsSizeValue(false));
}

void AddResume(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = AddCommand(app, "resume", "Go on with a run that was stopped, from its last checkpoint",
                                 "  nasshrink resume my-run\n  nasshrink resume my-run --json --quiet", shared,
                                 Takes::kLong, [=] { GoOn(*shared, *arguments); });
  command->add_option("DIR", arguments->folder, "Folder of the run")->required();
  command->add_option("--data", arguments->data, "The same data from another place (default: opened as it was)");
  command->add_flag("--any-machine", arguments->any_machine,
                    "Go on although threads, LibTorch or the processor differ from the run's; the result may differ");
}

void AddStatus(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<RunArguments>();
  AddCommand(app, "status", "Where a run stands, also while another process works on it",
             "  nasshrink status my-run\n  nasshrink status my-run --json", shared, Takes::kMoment,
             [=] { ShowStatus(*shared, *arguments); })
      ->add_option("DIR", arguments->folder, "Folder of the run")
      ->required();
}

}  // namespace

void AddRunCommands(CLI::App* app, SharedOptions* shared) {
  AddRun(app, shared);
  AddResume(app, shared);
  AddStatus(app, shared);
}

}  // namespace nasshrink::tools
