#include "interrupt.h"

#include <fmt/format.h>
#include <sys/time.h>

#include <cmath>
#include <csignal>

namespace nasshrink::tools {
namespace {

// What the handlers see; set before they are installed.
nasshrink_cancel* g_cancel = nullptr;
volatile std::sig_atomic_t g_out_of_time = 0;

void OnInterrupt(int signal) {
  std::signal(signal, SIG_DFL);
  nasshrink_cancel_trigger(g_cancel);
}

void OnAlarm(int) {
  g_out_of_time = 1;
  nasshrink_cancel_trigger(g_cancel);
}

void Handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, nullptr);
}

}  // namespace

nasshrink_cancel* CatchInterrupts(double max_seconds) {
  if (g_cancel != nullptr) return g_cancel;
  g_cancel = Make<Cancel>(nasshrink_cancel_create).release();
  Handle(SIGINT, OnInterrupt);
  Handle(SIGTERM, OnInterrupt);
  if (max_seconds > 0) {
    Handle(SIGALRM, OnAlarm);
    double whole = 0;
    const double fraction = std::modf(max_seconds, &whole);
    itimerval timer = {};
    timer.it_value.tv_sec = static_cast<time_t>(whole);
    timer.it_value.tv_usec = static_cast<suseconds_t>(fraction * 1e6) + 1;
    setitimer(ITIMER_REAL, &timer, nullptr);
  }
  return g_cancel;
}

bool OutOfTime() { return g_out_of_time != 0; }

void CheckWork(const Outcome& outcome, std::string_view hint) {
  if (outcome.ok()) return;
  const bool stopped = outcome.status == NASSHRINK_CANCELLED;
  const std::string more = hint.empty() ? "" : fmt::format("; {}", hint);
  if (stopped && OutOfTime()) {
    Fail(kWorkFailed, "DEADLINE_EXCEEDED", fmt::format("stopped after --max-seconds{}", more));
  }
  if (stopped) Fail(kInterrupted, "CANCELLED", fmt::format("cancelled{}", more));
  FailWith(outcome);
}

}  // namespace nasshrink::tools
