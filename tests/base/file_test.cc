#include "base/file.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace nasshrink::base {
namespace {

class Folder : public testing::Test {
 protected:
  Folder() {
    std::string name = testing::TempDir() + "/file_test_XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() override {
    for (const std::string& name : Names()) ::unlink((path_ + "/" + name).c_str());
    ::rmdir(path_.c_str());
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    DIR* folder = ::opendir(path_.c_str());
    while (const dirent* entry = ::readdir(folder)) {
      if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    }
    ::closedir(folder);
    return names;
  }
  std::string path_;
};

using File = Folder;

TEST_F(File, KeepsEveryByte) {
  std::string bytes("\0\n\xff", 3);
  bytes += std::string(300000, 'x');
  ASSERT_TRUE(WriteFileAtomically(path_ + "/a", bytes).ok());
  const auto read = ReadFile(path_ + "/a");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, bytes);
}

TEST_F(File, ReplacesAndLeavesNothingBehind) {
  ASSERT_TRUE(WriteFileAtomically(path_ + "/a", "one").ok());
  ASSERT_TRUE(WriteFileAtomically(path_ + "/a", "").ok());
  EXPECT_EQ(*ReadFile(path_ + "/a"), "");
  EXPECT_EQ(Names(), std::vector<std::string>{"a"});
}

TEST_F(File, ReadsFilesWithoutASize) { EXPECT_FALSE(ReadFile("/proc/self/status")->empty()); }

TEST_F(File, NamesWhatIsMissing) {
  const auto read = ReadFile(path_ + "/absent");
  EXPECT_EQ(read.status().code(), Code::kNotFound);
  EXPECT_NE(read.status().message().find("absent"), std::string::npos);
  EXPECT_EQ(WriteFileAtomically(path_ + "/absent/b", "x").code(), Code::kNotFound);
}

TEST_F(File, RefusesFoldersAndFilesAboveTheLimit) {
  EXPECT_EQ(ReadFile(path_).status().code(), Code::kInvalidArgument);
  ASSERT_TRUE(WriteFileAtomically(path_ + "/a", "12345").ok());
  EXPECT_EQ(ReadFile(path_ + "/a", 4).status().code(), Code::kResourceExhausted);
  EXPECT_TRUE(ReadFile(path_ + "/a", 5).ok());
}

TEST_F(File, SaysPermissionDenied) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may do everything";
  ASSERT_EQ(::chmod(path_.c_str(), 0500), 0);
  EXPECT_EQ(WriteFileAtomically(path_ + "/a", "x").code(), Code::kPermissionDenied);
  ASSERT_EQ(::chmod(path_.c_str(), 0700), 0);
}

// A full disk, played by the limit on file sizes in a child process.
TEST_F(File, KeepsTheOldContentsWhenThereIsNoSpace) {
  ASSERT_TRUE(WriteFileAtomically(path_ + "/a", "old").ok());
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const Status status = WriteFileAtomically(path_ + "/a", std::string(5000, 'x'));
    ::_exit(static_cast<int>(status.code()));
  }
  int result = 0;
  ASSERT_EQ(::waitpid(child, &result, 0), child);
  EXPECT_EQ(WEXITSTATUS(result), static_cast<int>(Code::kResourceExhausted));
  EXPECT_EQ(*ReadFile(path_ + "/a"), "old");
  EXPECT_EQ(Names(), std::vector<std::string>{"a"});
}

TEST(FileTest, PipesAndDevicesAreNotReplaced) {
  const std::string path = testing::TempDir() + "/pipe-" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(WriteFileAtomically(path, "bytes").code(), Code::kInvalidArgument);
  struct stat info = {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_TRUE(S_ISFIFO(info.st_mode));
  unlink(path.c_str());
}

}  // namespace
}  // namespace nasshrink::base
