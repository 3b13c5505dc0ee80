#include "stored_run.h"

#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include "spaces.h"

namespace nasshrink::tools {

bool HoldsRun(const nasshrink_context* context, const std::string& folder) {
  nasshrink_buffer* progress = nullptr;
  const Outcome outcome = Try(nasshrink_run_status, context, folder.c_str(), &progress);
  const Buffer owned(progress);
  if (!outcome.ok() && outcome.status != NASSHRINK_NOT_FOUND) FailWith(outcome);
  return outcome.ok();
}

v1::RunProgress StatusOfRun(const nasshrink_context* context, const std::string& folder) {
  return Ask<v1::RunProgress>(nasshrink_run_status, context, folder.c_str());
}

Context ContextOfRun(const SharedOptions& shared, const std::string& folder, bool any_machine) {
  Context context = OpenContext(shared);
  const v1::RunProgress stored = StatusOfRun(context.get(), folder);
  const uint32_t threads = stored.intra_op_threads();
  if (threads == 0 || shared.threads == threads) return context;
  if (shared.threads == 0) {
    SharedOptions same = shared;
    same.threads = threads;
    return OpenContext(same);
  }
  if (any_machine || stored.state() == v1::RunProgress::STATE_FINISHED) return context;
  FailCall(fmt::format(
      "--threads {}: the run in {} was started with {} threads, and another number changes its result; leave "
      "--threads out, or add --any-machine to go on all the same",
      shared.threads, folder, threads));
}

Run ResumeRun(nasshrink_context* context, const std::string& folder, bool any_machine, nasshrink_dataset* dataset,
              nasshrink_cancel* cancel) {
  const uint32_t flags = any_machine ? NASSHRINK_RESUME_ANY_MACHINE : 0U;
  nasshrink_run* run = nullptr;
  Outcome outcome = Try(nasshrink_run_resume, context, folder.c_str(), flags, dataset, nullptr, cancel, &run);
  if (outcome.ok()) return Run(run);
  if (outcome.field() == "machine") outcome.message += "; --any-machine allows it";
  FailWith(outcome);
}

void CheckSamePlan(const nasshrink_context* context, const std::string& folder, const v1::RunPlan& plan) {
  const v1::RunProgress stored = StatusOfRun(context, folder);
  google::protobuf::util::MessageDifferencer differencer;
  std::string differences;
  differencer.ReportDifferencesToString(&differences);
  if (differencer.Compare(stored.plan(), plan)) return;
  constexpr size_t kMost = 120;
  const std::string first = differences.substr(0, std::min(differences.find('\n'), kMost));
  Fail(kCallWrong, "ALREADY_EXISTS",
       fmt::format("{}: holds another training than this one ({}); remove it, or name another -o", folder, first));
}

}  // namespace nasshrink::tools
