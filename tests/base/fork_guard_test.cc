#include "base/fork_guard.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nasshrink::base {
namespace {

// The code that a forked child gets from its own check.
Code CodeInChild() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(static_cast<int>(CheckNotForked().code()));
  int result = 0;
  ::waitpid(child, &result, 0);
  return static_cast<Code>(WEXITSTATUS(result));
}

TEST(ForkGuard, RefusesAChildOfAProcessThatUsedTheLibrary) {
  EXPECT_EQ(CodeInChild(), Code::kOk);
  EXPECT_TRUE(CheckNotForked().ok());
  EXPECT_EQ(CodeInChild(), Code::kFailedPrecondition);
  EXPECT_TRUE(CheckNotForked().ok());
}

}  // namespace
}  // namespace nasshrink::base
