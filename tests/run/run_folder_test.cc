// What a run folder tells those who look at it: at the moment the run ends, while it is stopped, and when it is not
// what it seems.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>

#include "run/engine.h"
#include "run/store.h"
#include "run/synthetic_run.h"

namespace nasshrink::run {
namespace {

using base::Code;
using tests::ScratchFolder;
using tests::SmallRequest;

TEST(RunFolderTest, ResultIsThereWhenTheLastEventIs) {
  ScratchFolder folder;
  RunRequest request = SmallRequest(1, folder / "run");
  v1::RunProgress::State seen = v1::RunProgress::STATE_UNSPECIFIED;
  request.on_event = [&](const v1::RunEvent& event) -> base::Status {
    if (!event.has_run_finished()) return {};
    const auto stored = ReadRun(folder / "run");
    if (stored.ok() && stored->result) seen = stored->state;
    return base::Error(Code::kAborted, "too late to stop anything");
  };
  auto run = Run::Start(std::move(request));
  ASSERT_TRUE(run.ok()) << run.status().message();
  for (bool last = false; !last;) {
    const auto event = (*run)->NextEvent(-1);
    ASSERT_TRUE(event.ok());
    last = (*event)->has_run_finished();
  }
  EXPECT_TRUE((*run)->Result().ok());
  EXPECT_TRUE((*run)->supernet().ok());
  EXPECT_EQ((*run)->Progress().state(), v1::RunProgress::STATE_FINISHED);
  EXPECT_EQ(ReadRun(folder / "run")->state, v1::RunProgress::STATE_FINISHED);
  EXPECT_TRUE((*run)->Wait(-1).ok());
  EXPECT_EQ(seen, v1::RunProgress::STATE_FINISHED);
}

TEST(RunFolderTest, StoppedRunShowsTheStepItStandsAt) {
  ScratchFolder folder;
  RunRequest request = SmallRequest(1, folder / "run");
  request.plan.mutable_stages(0)->mutable_train()->mutable_options()->set_epochs(5);
  request.on_event = [](const v1::RunEvent& event) {
    return event.epoch_finished().epoch() < 4 ? base::Status() : base::Error(Code::kAborted, "enough");
  };
  auto run = Run::Start(std::move(request));
  ASSERT_TRUE(run.ok()) << run.status().message();
  ASSERT_EQ((*run)->Wait(-1).code(), Code::kAborted);
  EXPECT_EQ((*run)->Progress().message(), "enough");
  const auto progress = FolderProgress(folder / "run");
  ASSERT_TRUE(progress.ok());
  EXPECT_EQ(progress->message(), "enough");
  EXPECT_GT(progress->steps(), 0);
  // Of the last checkpoint, after the third epoch.
  EXPECT_EQ(progress->step() * 5, progress->steps() * 3);
  EXPECT_EQ(progress->plan().stages(0).train().options().epochs(), 5);
}

TEST(RunFolderTest, BestIsTheRetrainedChildOnceThereIsOne) {
  ScratchFolder folder;
  auto run = Run::Start(SmallRequest(1, folder / "run"));
  ASSERT_TRUE(run.ok()) << run.status().message();
  ASSERT_TRUE((*run)->Wait(-1).ok());
  const auto progress = FolderProgress(folder / "run");
  ASSERT_TRUE(progress.ok());
  EXPECT_EQ(progress->message(), "");
  ASSERT_EQ(progress->best().metrics_size(), 2);
  EXPECT_EQ(progress->best().metrics(0).name(), "test_accuracy");
  EXPECT_EQ(progress->best().metrics(1).name(), "test_top5");
  EXPECT_EQ((*run)->Progress().best().SerializeAsString(), progress->best().SerializeAsString());
}

TEST(RunFolderTest, ForeignDatabaseIsDataLossAndNamed) {
  ScratchFolder folder;
  ASSERT_TRUE(std::filesystem::create_directory(folder / "run"));
  const std::string path = folder / "run/run.db";
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "PRAGMA user_version = 1; CREATE TABLE notes(text TEXT)", nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  ResumeRequest request;
  request.folder = folder / "run";
  for (const base::Status& status : {FolderProgress(folder / "run").status(), Run::Resume(request).status()}) {
    EXPECT_EQ(status.code(), Code::kDataLoss) << status.message();
    EXPECT_NE(status.message().find("run/run.db"), std::string::npos) << status.message();
  }
}

}  // namespace
}  // namespace nasshrink::run
