// mortal_run FOLDER start|resume|limit NUMBER: runs the tests' small plan, seed 3, in FOLDER.
//
// start and resume kill the process by SIGKILL at event NUMBER; limit lets no file grow beyond NUMBER bytes. Ends with
// the status code of the run.
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "run/synthetic_run.h"

using nasshrink::base::Status;
using nasshrink::run::Run;

namespace {

int Finish(const nasshrink::base::Result<std::shared_ptr<Run>>& run) {
  const Status outcome = run.ok() ? (*run)->Wait(-1) : run.status();
  if (!outcome.ok()) fprintf(stderr, "%s\n", outcome.message().c_str());
  return static_cast<int>(outcome.code());
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 125;
  const std::string mode = arguments[2];
  const uint64_t number = strtoull(arguments[3], nullptr, 10);
  if (mode == "limit") {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {number, number};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  const auto kill_at = [&](const nasshrink::v1::RunEvent& event) {
    if (mode != "limit" && event.sequence() == number) raise(SIGKILL);
    return Status();
  };
  if (mode == "resume") {
    nasshrink::run::ResumeRequest request;
    request.folder = arguments[1];
    request.on_event = kill_at;
    return Finish(Run::Resume(std::move(request)));
  }
  nasshrink::run::RunRequest request = nasshrink::tests::SmallRequest(3, arguments[1]);
  request.on_event = kill_at;
  return Finish(Run::Start(std::move(request)));
}
