// train, retrain
#include <fmt/format.h>

#include <filesystem>
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

struct TrainArguments {
  std::string source;  // SPACE, or the folder of a run
  std::string arch;
  std::string data;
  std::string strategy;
  uint32_t epochs = 0;
  std::string out;
  std::vector<std::string> set;
};

constexpr char kRecipe[] = "abs";
constexpr char kChildFile[] = "child.safetensors";

// One training, with the options of the recipe's first.
v1::RunPlan TrainPlan(nasshrink_context* context, const Work& work, const SharedOptions& shared,
                      const TrainArguments& arguments, const std::vector<std::string>& settings) {
  const v1::RunPlan recipe = RecipePlan(context, kRecipe, work, shared.seed, {});
  v1::RunPlan plan;
  plan.set_schema_version(1);
  plan.set_name("train");
  *plan.mutable_supernet() = recipe.supernet();
  v1::Stage* stage = plan.add_stages();
  *stage = *FindStage(recipe.stages(), v1::Stage::kTrain);
  v1::TrainOptions* options = stage->mutable_train()->mutable_options();
  options->mutable_optimizer()->set_schedule_epochs(0);
  if (arguments.epochs > 0) options->set_epochs(arguments.epochs);
  if (!arguments.strategy.empty()) options->set_strategy(arguments.strategy);
  ApplySettings(settings, &plan);
  Prepare(work, shared.seed, &plan);
  return plan;
}

// The run's own folder stands beside the result until that is complete, so that a stopped training can go on.
Run OpenKeptRun(nasshrink_context* context, nasshrink_dataset* dataset, const v1::RunPlan& plan,
                const std::string& folder, bool again, nasshrink_cancel* cancel) {
  if (again) {
    CheckSamePlan(context, folder, plan);
    return ResumeRun(context, folder, false, dataset, cancel);
  }
  const std::string bytes = plan.SerializeAsString();
  return Make<Run>(nasshrink_run_start, context, Data(bytes), bytes.size(), nullptr, dataset, folder.c_str(), nullptr,
                   cancel);
}

void TrainSupernet(const SharedOptions& shared, const TrainArguments& arguments) {
  nasshrink_cancel* const cancel = CatchInterrupts(shared.max_seconds);
  CheckWritable(arguments.out);
  const Settings settings = SplitSettings(arguments.set);
  const std::string folder = arguments.out + ".run";
  const bool again = HoldsRun(OpenContext(shared).get(), folder);
  const Context context = again ? ContextOfRun(shared, folder, false) : OpenContext(shared);
  const Work work = OpenWork(context.get(), arguments.source, arguments.data, settings.space, true);
  const v1::RunPlan plan = TrainPlan(context.get(), work, shared, arguments, settings.plan);
  Progress progress(shared.quiet);
  if (again) progress.Say(fmt::format("going on with the training in {}, as it was started", folder));
  const Run run = OpenKeptRun(context.get(), work.dataset.get(), plan, folder, again, cancel);
  const Followed followed = Follow(run.get(), &progress, work.dataset != nullptr);
  CheckWork(followed.outcome, "continue with the same command");
  const Supernet supernet = Make<Supernet>(nasshrink_run_supernet, run.get());
  Do(nasshrink_supernet_save, supernet.get(), arguments.out.c_str());
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  PrintResult({{"images_per_second", followed.epoch.images_per_second()},
               {"loss", followed.epoch.loss()},
               {"accuracy", followed.epoch.train_accuracy()},
               {"epochs", followed.epoch.epochs()},
               {"file", arguments.out}});
}

// What is retrained: a child of a space, or the best child of a finished run with that run's own options.
struct Subject {
  Work work;
  Row row;
  v1::SupernetOptions supernet;
  v1::RetrainStage retrain;
};

Subject SubjectOfRun(nasshrink_context* context, const TrainArguments& arguments) {
  const std::string file = arguments.source + "/result.bin";
  if (!FileExists(file)) {
    Fail(kCallWrong, "FAILED_PRECONDITION",
         fmt::format("{}: holds no finished run; finish it with: nasshrink resume {}", arguments.source,
                     arguments.source));
  }
  v1::RunResult result;
  ReadMessage(file, &result);
  Subject subject;
  subject.work = OpenWork(context, arguments.source + "/space.bin", arguments.data, {}, false);
  if (!arguments.arch.empty()) {
    // Any child of the space the run began with, dropped operators included.
    subject.work.space = SpaceOf(context, result.plan().space());
    subject.work.message = MessageOf(subject.work.space.get());
    subject.row = RowOf(OpenArch(subject.work.space.get(), arguments.arch).get());
  } else if (!result.ranked().empty()) {
    const auto& best = result.ranked(0).architecture().candidates();
    subject.row.assign(best.begin(), best.end());
  } else {
    FailCall(arguments.source + ": the run searched for no child; give ARCH");
  }
  subject.supernet = result.plan().supernet();
  if (const v1::Stage* stage = FindStage(result.plan().stages(), v1::Stage::kRetrain))
    subject.retrain = stage->retrain();
  return subject;
}

Subject SubjectOfSpace(nasshrink_context* context, const TrainArguments& arguments, const Settings& settings) {
  if (arguments.arch.empty()) FailCall("give the child to train: nasshrink retrain SPACE ARCH");
  Subject subject;
  subject.work = OpenWork(context, arguments.source, arguments.data, settings.space, true);
  subject.row = RowOf(OpenArch(subject.work.space.get(), arguments.arch).get());
  const v1::RunPlan recipe = RecipePlan(context, kRecipe, subject.work, 0, {});
  subject.supernet = recipe.supernet();
  subject.retrain = FindStage(recipe.stages(), v1::Stage::kRetrain)->retrain();
  return subject;
}

// Leaves the child alone in its space, so that a search of one trial finds it.
void PinChild(nasshrink_context* context, Subject* subject) {
  v1::SpaceEdits edits;
  for (size_t i = 0; i < subject->row.size(); ++i) {
    v1::OperatorRef* reference = edits.add_pin();
    reference->set_choice(static_cast<uint32_t>(i));
    reference->set_candidate(subject->row[i]);
  }
  const std::string bytes = edits.SerializeAsString();
  const Space alone = Make<Space>(nasshrink_space_restrict, subject->work.space.get(), Data(bytes), bytes.size());
  subject->work.message = MessageOf(alone.get());
  subject->work.space = SpaceOf(context, subject->work.message);
}

v1::RunPlan RetrainPlan(const Subject& subject, const SharedOptions& shared, const TrainArguments& arguments,
                        const std::vector<std::string>& settings) {
  v1::RunPlan plan;
  plan.set_schema_version(1);
  plan.set_name("retrain");
  *plan.mutable_supernet() = subject.supernet;
  v1::Stage* search = plan.add_stages();
  search->set_key("search");
  v1::SearchOptions* options = search->mutable_search()->mutable_options();
  options->set_algorithm("random");
  options->add_metrics(subject.work.dataset ? "angle" : "accuracy");
  options->set_trials(1);
  v1::Stage* retrain = plan.add_stages();
  retrain->set_key("retrain");
  *retrain->mutable_retrain() = subject.retrain;
  retrain->mutable_retrain()->set_top(1);
  if (arguments.epochs > 0) retrain->mutable_retrain()->mutable_options()->set_epochs(arguments.epochs);
  v1::Stage* exported = plan.add_stages();
  exported->set_key("export");
  exported->mutable_export_()->set_format("safetensors");
  exported->mutable_export_()->set_file(kChildFile);
  ApplySettings(settings, &plan);
  Prepare(subject.work, shared.seed, &plan);
  return plan;
}

void RetrainChild(const SharedOptions& shared, const TrainArguments& arguments) {
  nasshrink_cancel* const cancel = CatchInterrupts(shared.max_seconds);
  CheckWritable(arguments.out);
  const Settings settings = SplitSettings(arguments.set);
  const std::string folder = arguments.out + ".run";
  const bool again = HoldsRun(OpenContext(shared).get(), folder);
  const Context context = again ? ContextOfRun(shared, folder, false) : OpenContext(shared);
  Subject subject = IsFolder(arguments.source) ? SubjectOfRun(context.get(), arguments)
                                               : SubjectOfSpace(context.get(), arguments, settings);
  PinChild(context.get(), &subject);
  const v1::RunPlan plan = RetrainPlan(subject, shared, arguments, settings.plan);
  Progress progress(shared.quiet);
  if (!subject.work.gaps.empty()) progress.Say(subject.work.gaps);
  if (again) progress.Say(fmt::format("going on with the training in {}, as it was started", folder));
  const Run run = OpenKeptRun(context.get(), subject.work.dataset.get(), plan, folder, again, cancel);
  const Followed followed = Follow(run.get(), &progress, subject.work.dataset != nullptr);
  CheckWork(followed.outcome, "continue with the same command");
  WriteBytes(arguments.out, ReadBytes(folder + "/" + kChildFile));
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  const v1::Evaluated& child = followed.result.retrained(0);
  const v1::Stage* stage = FindStage(followed.result.plan().stages(), v1::Stage::kRetrain);
  Json json = EvaluatedJson(child);
  json["accuracy"] = MetricOf(child, "test_accuracy") ? Json(*MetricOf(child, "test_accuracy")) : Json();
  json["epochs"] = stage->retrain().options().epochs();
  json["file"] = arguments.out;
  PrintResult(json);
}

void AddOptions(CLI::App* command, const std::shared_ptr<TrainArguments>& arguments) {
  command->add_option("--data", arguments->data, kDataHelp)->required();
  command->add_option("--epochs", arguments->epochs, "Epochs (default: the abs recipe's, or those of the run)");
  AddSetOption(command, &arguments->set,
               "key=value: a path of the plan, or channels, cells, classes, height, width, input_channels of a "
               "preset; may be repeated");
  command->add_option("-o,--output", arguments->out, "Safetensors file of the result")->required();
}

}  // namespace

void AddTrainCommands(CLI::App* app, SharedOptions* shared) {
  const auto train = std::make_shared<TrainArguments>();
  CLI::App* command =
      AddCommand(app, "train", "Train a supernet",
                 "  nasshrink train nas-bench-201 --data fashion-mnist --epochs 4 -o supernet.safetensors\n"
                 "  nasshrink train nas-bench-201 --data synthetic:4 --epochs 1 "
                 "--set stages[train].train.options.batch_size=32 -o supernet.safetensors",
                 shared, Takes::kLong, [=] { TrainSupernet(*shared, *train); });
  command->add_option("SPACE", train->source, "Preset or file")->required();
  command->add_option("--strategy", train->strategy, "How paths are sampled (nasshrink list strategies)");
  AddOptions(command, train);

  const auto retrain = std::make_shared<TrainArguments>();
  command = AddCommand(app, "retrain", "Train one child from scratch: the best of a run, or ARCH of a run or a space",
                       "  nasshrink retrain my-run --data fashion-mnist --epochs 30 -o best.safetensors\n"
                       "  nasshrink retrain my-run \"3 3 3 1 3 3\" --data fashion-mnist -o other.safetensors\n"
                       "  nasshrink retrain nas-bench-201 \"3 3 3 1 3 3\" --data fashion-mnist -o child.safetensors",
                       shared, Takes::kLong, [=] { RetrainChild(*shared, *retrain); });
  command->add_option("SOURCE", retrain->source, "Folder of a finished run, or a space (preset or file)")->required();
  command->add_option("ARCH", retrain->arch, "The child; of a run the best one when left out");
  AddOptions(command, retrain);
}

}  // namespace nasshrink::tools
