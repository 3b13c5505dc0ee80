// Runs that die: killed at any moment, or stopped by a full disk, they go on to the same bytes.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "run/engine.h"
#include "run/store.h"
#include "run/synthetic_run.h"

namespace nasshrink::run {
namespace {

using tests::ScratchFolder;
using tests::SmallRequest;

// Runs `mortal_run FOLDER MODE NUMBER` (see there) and gives its wait status.
int RunMortal(const std::string& folder, const std::string& mode, uint64_t number) {
  const std::string program = std::getenv("NASSHRINK_MORTAL_RUN");
  const std::string count = std::to_string(number);
  const pid_t child = fork();
  if (child == 0) {
    execl(program.c_str(), program.c_str(), folder.c_str(), mode.c_str(), count.c_str(), nullptr);
    _exit(126);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

std::string Finish(const std::string& folder) {
  ResumeRequest request;
  request.folder = folder;
  auto run = Run::Resume(std::move(request));
  EXPECT_TRUE(run.ok()) << run.status().message();
  if (!run.ok()) return "";
  EXPECT_TRUE((*run)->Wait(-1).ok());
  const auto result = (*run)->Result();
  return result.ok() ? result->SerializeAsString() : "";
}

class KillTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(std::getenv("NASSHRINK_MORTAL_RUN"), nullptr);
    auto run = Run::Start(SmallRequest(3, folder_ / "undisturbed"));
    ASSERT_TRUE(run.ok());
    ASSERT_TRUE((*run)->Wait(-1).ok());
    expected_ = (*run)->Result()->SerializeAsString();
    events_ = ReadRun(folder_ / "undisturbed")->events.size();
  }

  ScratchFolder folder_;
  std::string expected_;
  size_t events_ = 0;
};

TEST_F(KillTest, KilledAtAnyEventItResumesToTheSameBytes) {
  for (uint64_t moment = 1; moment <= events_; moment += 5) {
    const std::string name = folder_ / std::to_string(moment);
    const int status = RunMortal(name, "start", moment);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "status " << status;
    EXPECT_EQ(ReadRun(name)->state, v1::RunProgress::STATE_INTERRUPTED);
    EXPECT_EQ(Finish(name), expected_) << "killed at event " << moment;
    const auto stored = ReadRun(name);
    ASSERT_EQ(stored->events.size(), events_);
    for (size_t i = 0; i < events_; ++i) EXPECT_EQ(stored->events[i].sequence(), i + 1);
  }
}

TEST_F(KillTest, KilledAgainAndAgainItResumesToTheSameBytes) {
  const std::string name = folder_ / "mortal";
  int status = RunMortal(name, "start", 7);
  for (const uint64_t moment : {13, 22, 40}) {
    ASSERT_TRUE(WIFSIGNALED(status)) << "status " << status;
    status = RunMortal(name, "resume", moment);
  }
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(Finish(name), expected_);
}

TEST_F(KillTest, FullDiskKeepsWhatWasThere) {
  const std::string name = folder_ / "full";
  // The database and every file may have this many bytes: enough to begin with, too little to end.
  const int status = RunMortal(name, "limit", 200000);
  ASSERT_TRUE(WIFEXITED(status));
  // A file-size limit reaches SQLite as an I/O error, a full disk as SQLITE_FULL.
  const auto code = static_cast<base::Code>(WEXITSTATUS(status));
  EXPECT_TRUE(code == base::Code::kResourceExhausted || code == base::Code::kDataLoss) << WEXITSTATUS(status);
  const auto stored = ReadRun(name);
  ASSERT_TRUE(stored.ok()) << stored.status().message();
  EXPECT_FALSE(stored->events.empty());
  EXPECT_EQ(Finish(name), expected_);
}

}  // namespace
}  // namespace nasshrink::run
