#include "follow.h"

#include <fmt/format.h>

#include "archs.h"

namespace nasshrink::tools {
namespace {

constexpr int64_t kPollMs = 200;

void SayEpoch(const v1::RunEvent& event, bool trains, Progress* progress) {
  const v1::EpochFinished& epoch = event.epoch_finished();
  if (!trains) return progress->Say(fmt::format("{}: epoch {}/{}", event.stage(), epoch.epoch(), epoch.epochs()));
  std::string line = fmt::format("{}: epoch {}/{}, loss {:.4f}, training accuracy {:.2f} %", event.stage(),
                                 epoch.epoch(), epoch.epochs(), epoch.loss(), epoch.train_accuracy());
  if (epoch.has_validation_accuracy())
    line += fmt::format(", validation accuracy {:.2f} %", epoch.validation_accuracy());
  line += fmt::format(", {:.0f} images/s", epoch.images_per_second());
  if (epoch.skipped_steps() > 0)
    line += fmt::format(", {} steps with a non-finite loss not applied", epoch.skipped_steps());
  progress->Say(line);
}

void TakeEvent(const v1::RunEvent& event, bool trains, Followed* followed, Progress* progress) {
  switch (event.kind_case()) {
    case v1::RunEvent::kStageFinished:
      followed->seconds[event.stage()] = event.stage_finished().seconds();
      break;
    case v1::RunEvent::kEpochFinished:
      followed->epoch = event.epoch_finished();
      SayEpoch(event, trains, progress);
      break;
    case v1::RunEvent::kShrunk:
      progress->Say(fmt::format("{}: dropped {} operators, {} -> {} children", event.stage(),
                                event.shrunk().dropped_size(), event.shrunk().children_before(),
                                event.shrunk().children_after()));
      break;
    case v1::RunEvent::kStepSkipped:
      progress->Say(fmt::format("{}: {}", event.stage(), event.step_skipped().reason()));
      break;
    case v1::RunEvent::kNote:
      progress->Say(fmt::format("{}: {}", event.stage(), event.note().text()));
      break;
    default:
      break;
  }
}

void ShowProgress(const nasshrink_run* run, Progress* progress) {
  const auto now = Ask<v1::RunProgress>(nasshrink_run_progress, run);
  ProgressState state;
  state.what = now.stage();
  state.fraction = now.fraction();
  state.done = now.step();
  state.total = now.steps();
  state.rate = now.rate();
  state.rate_unit = now.rate_unit();
  if (now.seconds_left() > 0) state.seconds_left = now.seconds_left();
  progress->Show(state);
}

}  // namespace

Followed Follow(nasshrink_run* run, Progress* progress, bool trains) {
  Followed followed;
  for (;;) {
    nasshrink_buffer* bytes = nullptr;
    const Outcome next = Try(nasshrink_run_next_event, run, kPollMs, &bytes);
    if (next.status == NASSHRINK_OUT_OF_RANGE) break;
    if (!next.ok()) FailWith(next);
    if (bytes != nullptr) TakeEvent(MessageOf<v1::RunEvent>(Buffer(bytes)), trains, &followed, progress);
    ShowProgress(run, progress);
  }
  followed.outcome = Try(nasshrink_run_wait, run, int64_t{-1});
  if (followed.outcome.ok()) {
    followed.result = Ask<v1::RunResult>(nasshrink_run_result, run);
  } else {
    // The call was right and went on for a while: what failed is the work.
    followed.outcome.exit = kWorkFailed;
  }
  return followed;
}

}  // namespace nasshrink::tools
