// Whole runs on the table back end: the same bytes however they are interrupted.
#include "run/engine.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <vector>

#include "base/file.h"
#include "base/safetensors.h"
#include "run/store.h"
#include "run/synthetic_run.h"
#include "run/table_backend.h"
#include "space/codec.h"

namespace nasshrink::run {
namespace {

using base::Code;
using tests::ScratchFolder;
using tests::SmallRequest;

std::string FinalBytes(Run& run) {
  const base::Status outcome = run.Wait(-1);
  EXPECT_TRUE(outcome.ok()) << outcome.message();
  const auto result = run.Result();
  return result.ok() ? result->SerializeAsString() : "";
}

std::string Undisturbed(uint64_t seed) {
  ScratchFolder folder;
  auto run = Run::Start(SmallRequest(seed, folder / "run"));
  EXPECT_TRUE(run.ok()) << run.status().message();
  return run.ok() ? FinalBytes(**run) : "";
}

ResumeRequest ResumeOf(const std::string& folder) {
  ResumeRequest request;
  request.folder = folder;
  return request;
}

std::vector<v1::RunEvent> AllEvents(Run& run) {
  std::vector<v1::RunEvent> events;
  while (true) {
    auto event = run.NextEvent(-1);
    if (!event.ok()) {
      EXPECT_EQ(event.status().code(), Code::kOutOfRange);
      return events;
    }
    if (*event) events.push_back(**event);
  }
}

// Without what depends on the clock.
std::string Timeless(v1::RunEvent event) {
  event.clear_time_ms();
  if (event.has_stage_finished()) event.mutable_stage_finished()->clear_seconds();
  if (event.has_epoch_finished()) event.mutable_epoch_finished()->clear_images_per_second();
  return event.SerializeAsString();
}

std::vector<std::string> StoredEvents(const std::string& folder) {
  const auto stored = ReadRun(folder);
  EXPECT_TRUE(stored.ok()) << stored.status().message();
  std::vector<std::string> events;
  if (!stored.ok()) return events;
  for (const v1::RunEvent& event : stored->events) {
    EXPECT_EQ(event.sequence(), events.size() + 1);
    events.push_back(Timeless(event));
  }
  return events;
}

TEST(EngineTest, CarriesOutEveryStage) {
  ScratchFolder folder;
  auto run = Run::Start(SmallRequest(1, folder / "run"));
  ASSERT_TRUE(run.ok()) << run.status().message();
  FinalBytes(**run);
  const auto result = (*run)->Result();
  ASSERT_TRUE(result.ok());
  EXPECT_LE(std::stoi(result->children()), 64);
  ASSERT_FALSE(result->history().empty());
  EXPECT_EQ(result->history(0).stage(), "shrink[1]/shrink");
  for (const v1::ShrinkStep& step : result->history()) EXPECT_EQ(step.dropped_size(), 2);
  ASSERT_EQ(result->ranked_size(), 18);
  for (int i = 1; i < result->ranked_size(); ++i) {
    EXPECT_GE(result->ranked(i - 1).metrics(0).value(), result->ranked(i).metrics(0).value());
  }
  EXPECT_EQ(result->ranked(0).metrics(1).name(), "angle");
  ASSERT_EQ(result->retrained_size(), 2);
  EXPECT_EQ(result->retrained(0).ops(), result->ranked(0).ops());
  EXPECT_EQ(result->retrained(0).metrics(0).name(), "test_accuracy");
  EXPECT_EQ(result->retrained(0).metrics(0).value(), result->ranked(0).metrics(0).value());
  ASSERT_EQ(result->exported_files_size(), 1);
  const auto exported = base::ReadFile(folder / "run/best.safetensors");
  ASSERT_TRUE(exported.ok());
  const auto image = base::ParseSafetensors(*exported);
  ASSERT_TRUE(image.ok());
  EXPECT_EQ(image->metadata.at("nasshrink.ops"), result->ranked(0).ops());

  const v1::RunProgress progress = (*run)->Progress();
  EXPECT_EQ(progress.state(), v1::RunProgress::STATE_FINISHED);
  EXPECT_EQ(progress.fraction(), 1);
  const auto supernet = (*run)->supernet();
  ASSERT_TRUE(supernet.ok());
  v1::SearchSpace space;
  space::SpaceToMessage((*supernet)->space(), &space);
  EXPECT_EQ(space.SerializeAsString(), result->space().SerializeAsString());
}

TEST(EngineTest, SameSeedGivesSameBytesWhateverTheWorkers) {
  const std::string expected = Undisturbed(5);
  EXPECT_EQ(Undisturbed(5), expected);
  RunRequest kept_nowhere = SmallRequest(5, "");
  kept_nowhere.plan.mutable_stages()->RemoveLast();
  kept_nowhere.pool = std::make_shared<base::WorkerPool>(4);
  auto run = Run::Start(std::move(kept_nowhere));
  ASSERT_TRUE(run.ok());
  v1::RunResult without_folder;
  v1::RunResult with_folder;
  ASSERT_TRUE(without_folder.ParseFromString(FinalBytes(**run)));
  ASSERT_TRUE(with_folder.ParseFromString(expected));
  EXPECT_EQ(without_folder.space().SerializeAsString(), with_folder.space().SerializeAsString());
  ASSERT_EQ(without_folder.ranked_size(), with_folder.ranked_size());
  for (int i = 0; i < with_folder.ranked_size(); ++i) {
    EXPECT_EQ(without_folder.ranked(i).SerializeAsString(), with_folder.ranked(i).SerializeAsString());
  }
  EXPECT_NE(Undisturbed(6), expected);
}

TEST(EngineTest, EventsAreNumberedWithoutGapsAndDelivered) {
  ScratchFolder folder;
  RunRequest request = SmallRequest(2, folder / "run");
  std::vector<std::string> called;
  request.on_event = [&](const v1::RunEvent& event) {
    called.push_back(Timeless(event));
    return base::Status();
  };
  auto run = Run::Start(std::move(request));
  ASSERT_TRUE(run.ok());
  const std::vector<v1::RunEvent> pulled = AllEvents(**run);
  ASSERT_TRUE((*run)->Wait(-1).ok());
  ASSERT_FALSE(pulled.empty());
  EXPECT_TRUE(pulled.back().has_run_finished());
  std::vector<std::string> timeless;
  for (size_t i = 0; i < pulled.size(); ++i) {
    EXPECT_EQ(pulled[i].sequence(), i + 1);
    timeless.push_back(Timeless(pulled[i]));
  }
  EXPECT_EQ(called, timeless);
  EXPECT_EQ(StoredEvents(folder / "run"), timeless);
}

TEST(EngineTest, CancelledAtAnyEventItResumesToTheSameBytes) {
  ScratchFolder folder;
  const std::string expected = Undisturbed(3);
  auto undisturbed = Run::Start(SmallRequest(3, folder / "undisturbed"));
  ASSERT_TRUE(undisturbed.ok());
  FinalBytes(**undisturbed);
  const std::vector<std::string> events = StoredEvents(folder / "undisturbed");
  for (size_t stop = 1; stop + 1 < events.size(); stop += 3) {
    const std::string name = folder / std::to_string(stop);
    RunRequest request = SmallRequest(3, name);
    const auto cancel = std::make_shared<base::Cancel>();
    request.cancel = cancel;
    request.on_event = [&](const v1::RunEvent& event) {
      if (event.sequence() == stop) cancel->Trigger();
      return base::Status();
    };
    auto run = Run::Start(std::move(request));
    ASSERT_TRUE(run.ok());
    EXPECT_EQ((*run)->Wait(-1).code(), Code::kCancelled) << "at event " << stop;
    EXPECT_EQ((*run)->Result().status().code(), Code::kCancelled);
    EXPECT_EQ(ReadRun(name)->state, v1::RunProgress::STATE_CANCELLED);
    auto resumed = Run::Resume(ResumeOf(name));
    ASSERT_TRUE(resumed.ok()) << resumed.status().message();
    EXPECT_EQ(FinalBytes(**resumed), expected) << "cancelled at event " << stop;
    EXPECT_EQ(StoredEvents(name), events);
  }
}

TEST(EngineTest, ErrorOfTheCallbackEndsTheRunUnchanged) {
  ScratchFolder folder;
  RunRequest request = SmallRequest(3, folder / "run");
  request.on_event = [](const v1::RunEvent& event) {
    return event.sequence() < 8 ? base::Status() : base::Error(Code::kAborted, "enough");
  };
  auto run = Run::Start(std::move(request));
  ASSERT_TRUE(run.ok());
  const base::Status outcome = (*run)->Wait(-1);
  EXPECT_EQ(outcome.code(), Code::kAborted);
  EXPECT_EQ(outcome.message(), "enough");
  EXPECT_EQ((*run)->Progress().state(), v1::RunProgress::STATE_FAILED);
  const auto stored = ReadRun(folder / "run");
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->state, v1::RunProgress::STATE_FAILED);
  EXPECT_EQ(stored->outcome.message(), "enough");
  auto resumed = Run::Resume(ResumeOf(folder / "run"));
  ASSERT_TRUE(resumed.ok());
  EXPECT_EQ(FinalBytes(**resumed), Undisturbed(3));
}

TEST(EngineTest, FinishedRunResumesToItsResult) {
  ScratchFolder folder;
  auto run = Run::Start(SmallRequest(4, folder / "run"));
  ASSERT_TRUE(run.ok());
  const std::string expected = FinalBytes(**run);
  auto resumed = Run::Resume(ResumeOf(folder / "run"));
  ASSERT_TRUE(resumed.ok()) << resumed.status().message();
  EXPECT_EQ(FinalBytes(**resumed), expected);
  EXPECT_TRUE(AllEvents(**resumed).empty());
  EXPECT_TRUE((*resumed)->supernet().ok());
  const auto progress = FolderProgress(folder / "run");
  ASSERT_TRUE(progress.ok());
  EXPECT_EQ(progress->state(), v1::RunProgress::STATE_FINISHED);
  EXPECT_EQ(progress->fraction(), 1);
}

TEST(EngineTest, OneRunAtATimeWorksInAFolder) {
  ScratchFolder folder;
  RunRequest request = SmallRequest(1, folder / "run");
  std::promise<void> reached;
  std::promise<void> go_on;
  request.on_event = [&, first = true](const v1::RunEvent&) mutable {
    if (first) {
      first = false;
      reached.set_value();
      go_on.get_future().wait();
    }
    return base::Status();
  };
  auto run = Run::Start(std::move(request));
  ASSERT_TRUE(run.ok());
  reached.get_future().wait();
  EXPECT_EQ(Run::Resume(ResumeOf(folder / "run")).status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(Run::Start(SmallRequest(1, folder / "run")).status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(FolderProgress(folder / "run")->state(), v1::RunProgress::STATE_RUNNING);
  EXPECT_EQ((*run)->Result().status().code(), Code::kFailedPrecondition);
  EXPECT_EQ((*run)->supernet().status().code(), Code::kFailedPrecondition);
  EXPECT_EQ((*run)->Wait(0).code(), Code::kDeadlineExceeded);
  go_on.set_value();
  FinalBytes(**run);
  EXPECT_EQ(Run::Start(SmallRequest(1, folder / "run")).status().code(), Code::kAlreadyExists);
}

TEST(EngineTest, RefusesFoldersThatAreNoRuns) {
  ScratchFolder folder;
  EXPECT_EQ(Run::Resume(ResumeOf(folder / "missing")).status().code(), Code::kNotFound);
  EXPECT_EQ(FolderProgress(folder.path()).status().code(), Code::kNotFound);
  std::ofstream(folder / "notes.txt") << "mine";
  const base::Status other = Run::Start(SmallRequest(1, folder.path())).status();
  EXPECT_EQ(other.code(), Code::kFailedPrecondition);
  EXPECT_NE(other.message().find("notes.txt"), std::string::npos);
  EXPECT_FALSE(Run::Start(SmallRequest(1, folder / "notes.txt")).ok());
  EXPECT_FALSE(Run::Start(SmallRequest(1, folder / "notes.txt/run")).ok());
}

TEST(EngineTest, DamagedStoreAndCheckpointsAreDataLoss) {
  ScratchFolder folder;
  RunRequest request = SmallRequest(1, folder / "run");
  request.on_event = [](const v1::RunEvent& event) {
    return event.sequence() < 12 ? base::Status() : base::Error(Code::kAborted, "enough");
  };
  auto run = Run::Start(std::move(request));
  ASSERT_TRUE(run.ok());
  ASSERT_FALSE((*run)->Wait(-1).ok());
  const auto stored = ReadRun(folder / "run");
  ASSERT_TRUE(stored.ok());
  const std::string weights = folder / ("run/checkpoints/" + stored->run_state.supernet().sha256() + ".safetensors");
  const std::string good = *base::ReadFile(weights);
  ASSERT_TRUE(base::WriteFileAtomically(weights, good.substr(0, good.size() / 2)).ok());
  auto torn = Run::Resume(ResumeOf(folder / "run"));
  ASSERT_TRUE(torn.ok());
  EXPECT_EQ((*torn)->Wait(-1).code(), Code::kDataLoss);
  torn = base::Error(Code::kCancelled, "closed");
  ASSERT_TRUE(base::WriteFileAtomically(weights, good).ok());
  EXPECT_TRUE((*Run::Resume(ResumeOf(folder / "run")))->Wait(-1).ok());
  ASSERT_TRUE(base::WriteFileAtomically(folder / "run/run.db", std::string(4096, 'x')).ok());
  EXPECT_EQ(Run::Resume(ResumeOf(folder / "run")).status().code(), Code::kDataLoss);
  EXPECT_EQ(ReadRun(folder / "run").status().code(), Code::kDataLoss);
}

TEST(EngineTest, KeepsFilesOfTheLastCheckpointsAlone) {
  ScratchFolder folder;
  auto run = Run::Start(SmallRequest(1, folder / "run"));
  ASSERT_TRUE(run.ok());
  FinalBytes(**run);
  const auto stored = ReadRun(folder / "run");
  ASSERT_TRUE(stored.ok());
  size_t stage_ends = 0;
  for (const v1::RunEvent& event : stored->events) stage_ends += event.has_stage_finished() ? 1 : 0;
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "run/checkpoints")) {
    EXPECT_EQ(entry.path().extension(), ".safetensors");
    ++files;
  }
  EXPECT_LE(files, stage_ends + 2);
}

// A data set and a back end that say what they are.
class NamedDataset : public Dataset {
 public:
  explicit NamedDataset(const std::string& sha256) {
    const space::Space space = tests::SmallSpace();
    info_.source = "synthetic:10";
    info_.channels = space.network.input_channels;
    info_.height = space.network.input_height;
    info_.width = space.network.input_width;
    info_.classes = space.network.classes;
    info_.sha256 = sha256;
  }
  const DatasetInfo& info() const override { return info_; }

 private:
  DatasetInfo info_;
};

class NamedBackend : public Backend {
 public:
  NamedBackend(std::string machine, uint32_t threads)
      : threads_(threads),
        machine_(std::move(machine)),
        table_(NewTableBackend(tests::SmallTruth(tests::SmallSpace()))) {}
  std::string Describe() const override { return machine_; }
  uint32_t intra_op_threads() const override { return threads_; }
  base::Result<std::shared_ptr<Dataset>> OpenDataset(const DatasetOptions& options) override {
    return std::shared_ptr<Dataset>(std::make_shared<NamedDataset>(options.seed == 1 ? "one" : "two"));
  }
  base::Result<std::shared_ptr<Dataset>> DatasetFromTensors(const TensorView& inputs, const TensorView& targets,
                                                            const DatasetOptions& options) override {
    return table_->DatasetFromTensors(inputs, targets, options);
  }
  base::Result<std::unique_ptr<Supernet>> NewSupernet(const space::Space& space,
                                                      const SupernetOptions& options) override {
    return table_->NewSupernet(space, options);
  }
  base::Result<std::unique_ptr<Supernet>> LoadSupernet(const space::Space& space, std::string_view image) override {
    return table_->LoadSupernet(space, image);
  }
  base::Result<InferenceTimes> TimeInference(const space::Space& child, const TimingOptions& options,
                                             const base::Cancel* cancel) override {
    return table_->TimeInference(child, options, cancel);
  }

 private:
  uint32_t threads_;
  std::string machine_;
  std::shared_ptr<Backend> table_;
};

BackendOpener OpenNamed(const std::string& machine, uint32_t threads = 2) {
  return [=] { return base::Result<std::shared_ptr<Backend>>(std::make_shared<NamedBackend>(machine, threads)); };
}

// A torch plan on back end "table, a machine" with 2 threads, and data set "one".
RunRequest TorchRequest(const std::string& folder) {
  RunRequest request;
  request.plan = tests::SmallPlan(1);
  request.plan.mutable_supernet()->set_backend("torch");
  request.plan.mutable_supernet()->clear_truth();
  request.open_torch = OpenNamed("table, a machine");
  request.dataset = std::make_shared<NamedDataset>("one");
  request.dataset_options.emplace();
  request.dataset_options->source = "synthetic:10";
  request.dataset_options->seed = 1;
  request.folder = folder;
  return request;
}

void StoppedTorchRun(const std::string& folder) {
  RunRequest request = TorchRequest(folder);
  request.on_event = [](const v1::RunEvent& event) {
    return event.sequence() < 8 ? base::Status() : base::Error(Code::kAborted, "enough");
  };
  auto run = Run::Start(std::move(request));
  ASSERT_TRUE(run.ok()) << run.status().message();
  ASSERT_EQ((*run)->Wait(-1).code(), Code::kAborted);
}

TEST(EngineTest, ResultOfAFinishedRunNeedsNoBackEnd) {
  ScratchFolder folder;
  auto run = Run::Start(TorchRequest(folder / "run"));
  ASSERT_TRUE(run.ok()) << run.status().message();
  const std::string expected = FinalBytes(**run);
  ResumeRequest request = ResumeOf(folder / "run");
  bool missing = true;
  request.open_torch = [&]() -> base::Result<std::shared_ptr<Backend>> {
    if (missing) return base::Error(Code::kFailedPrecondition, "there is no torch here");
    return OpenNamed("table, 2 threads")();
  };
  auto resumed = Run::Resume(request);
  ASSERT_TRUE(resumed.ok()) << resumed.status().message();
  EXPECT_EQ(FinalBytes(**resumed), expected);
  EXPECT_EQ((*resumed)->supernet().status().message(), "there is no torch here");
  missing = false;
  EXPECT_TRUE((*resumed)->supernet().ok());
}

TEST(EngineTest, FinishedRunIsReadWhereNothingMayBeWritten) {
  namespace fs = std::filesystem;
  ScratchFolder folder;
  auto run = Run::Start(SmallRequest(1, folder / "run"));
  ASSERT_TRUE(run.ok());
  const std::string expected = FinalBytes(**run);
  fs::permissions(folder.path(), fs::perms(0755));
  fs::permissions(folder / "run", fs::perms(0555));
  for (const auto& entry : fs::directory_iterator(folder / "run")) {
    fs::permissions(entry.path(), fs::perms(entry.is_directory() ? 0555 : 0444));
  }
  // Root may write everywhere.
  const bool root = geteuid() == 0;
  constexpr uid_t kNobody = 65534;
  if (root) {
    ASSERT_EQ(seteuid(kNobody), 0);
  }
  const auto stored = ReadRun(folder / "run");
  auto resumed = Run::Resume(ResumeOf(folder / "run"));
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  fs::permissions(folder / "run", fs::perms(0755));
  ASSERT_TRUE(stored.ok()) << stored.status().message();
  EXPECT_EQ(stored->result->SerializeAsString(), expected);
  ASSERT_TRUE(resumed.ok()) << resumed.status().message();
  EXPECT_EQ(FinalBytes(**resumed), expected);
}

TEST(EngineTest, StoreWithoutACheckpointIsDataLoss) {
  ScratchFolder folder;
  auto run = Run::Start(SmallRequest(1, folder / "run"));
  ASSERT_TRUE(run.ok());
  FinalBytes(**run);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((folder / "run/run.db").c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "DELETE FROM files; DELETE FROM checkpoints", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  EXPECT_EQ(FolderProgress(folder / "run").status().code(), Code::kDataLoss);
  EXPECT_EQ(Run::Resume(ResumeOf(folder / "run")).status().code(), Code::kDataLoss);
}

TEST(EngineTest, ResumeRefusesAnotherDataSetOrMachine) {
  ScratchFolder folder;
  StoppedTorchRun(folder / "run");
  ResumeRequest other_data = ResumeOf(folder / "run");
  other_data.open_torch = OpenNamed("table, a machine");
  other_data.dataset = std::make_shared<NamedDataset>("two");
  const base::Status data = Run::Resume(other_data).status();
  EXPECT_EQ(data.code(), Code::kFailedPrecondition);
  EXPECT_NE(data.message().find("SHA-256"), std::string::npos);

  ResumeRequest other_machine = ResumeOf(folder / "run");
  other_machine.open_torch = OpenNamed("table, another machine");
  const base::Status machine = Run::Resume(other_machine).status();
  EXPECT_EQ(machine.code(), Code::kFailedPrecondition);
  EXPECT_NE(machine.message().find("another machine"), std::string::npos);

  EXPECT_EQ(FolderProgress(folder / "run")->intra_op_threads(), 2);
  other_machine.open_torch = OpenNamed("table, a machine", 1);
  const base::Status threads = Run::Resume(other_machine).status();
  EXPECT_EQ(threads.code(), Code::kFailedPrecondition);
  EXPECT_EQ(threads.details().field, "intra_op_threads");
  EXPECT_EQ(threads.details().allowed, "2");

  // Without a data set the recorded one is opened again.
  other_machine.allow_different_machine = true;
  auto run = Run::Resume(other_machine);
  ASSERT_TRUE(run.ok()) << run.status().message();
  EXPECT_TRUE((*run)->Wait(-1).ok()) << (*run)->Wait(-1).message();
}

TEST(EngineTest, StartChecksWhatItIsGiven) {
  ScratchFolder folder;
  RunRequest no_data = SmallRequest(1, folder / "a");
  no_data.plan.mutable_supernet()->set_backend("torch");
  EXPECT_EQ(Run::Start(std::move(no_data)).status().details().field, "dataset");
  EXPECT_EQ(Run::Start(SmallRequest(1, "")).status().details().field, "folder");
  RunRequest torn = SmallRequest(1, folder / "b");
  torn.plan.mutable_space()->mutable_choices(0)->mutable_candidates()->Clear();
  const base::Status space = Run::Start(std::move(torn)).status();
  EXPECT_EQ(space.code(), Code::kInvalidArgument);
  EXPECT_EQ(space.details().field.substr(0, 6), "space.");
  RunRequest foreign = SmallRequest(1, folder / "c");
  foreign.plan.mutable_space()->mutable_choices(0)->clear_alive();
  const base::Status refused = Run::Start(std::move(foreign)).status();
  EXPECT_EQ(refused.code(), Code::kFailedPrecondition);
  EXPECT_EQ(refused.details().field, "supernet");
  RunRequest other_kind = TorchRequest(folder / "d");
  other_kind.supernet = SmallRequest(1, "").supernet;
  EXPECT_EQ(Run::Start(std::move(other_kind)).status().details().value, "table");
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

TEST(EngineTest, ShrinkingWithoutScoresOfTheSpaceFails) {
  ScratchFolder folder;
  RunRequest request = SmallRequest(1, folder / "run");
  request.plan.mutable_stages(1)->mutable_loop()->mutable_body()->DeleteSubrange(0, 1);
  auto run = Run::Start(std::move(request));
  ASSERT_TRUE(run.ok());
  const base::Status outcome = (*run)->Wait(-1);
  EXPECT_EQ(outcome.code(), Code::kFailedPrecondition);
  EXPECT_NE(outcome.message().find("shrink[1]/shrink"), std::string::npos);
}

}  // namespace
}  // namespace nasshrink::run
