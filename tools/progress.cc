#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "output.h"

namespace nasshrink::tools {
namespace {

constexpr int kBarWidth = 24;
constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr auto kPlainLine = std::chrono::seconds(10);

std::string Numbers(const ProgressState& state) {
  std::string text = fmt::format("{:3.0f} %  {}", std::clamp(state.fraction, 0.0, 1.0) * 100, state.what);
  if (state.total > 0) {
    text += fmt::format("  {}/{}", GroupedText(state.done), GroupedText(state.total));
  } else if (state.done > 0) {
    text += "  " + GroupedText(state.done);
  }
  if (state.rate > 0) {
    const int digits = state.rate < 10 ? 1 : 0;
    text += fmt::format("  {:.{}f} {}", state.rate, digits, state.rate_unit);
  }
  if (state.seconds_left >= 0) text += fmt::format("  {} left", ClockText(state.seconds_left));
  return text;
}

}  // namespace

Progress::Progress(bool quiet)
    : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1), last_(terminal_ ? Clock::time_point() : Clock::now()) {}

Progress::~Progress() { Clear(); }

void Progress::Clear() {
  if (!drawn_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  drawn_ = false;
}

void Progress::Show(const ProgressState& state) {
  const auto now = Clock::now();
  if (quiet_ || now - last_ < (terminal_ ? Clock::duration(kRedraw) : Clock::duration(kPlainLine))) return;
  last_ = now;
  if (!terminal_) return fmt::print(stderr, "nasshrink: {}\n", Numbers(state));
  const int filled = static_cast<int>(std::clamp(state.fraction, 0.0, 1.0) * kBarWidth);
  fmt::print(stderr, "\r\x1b[K[{:#<{}}{:.<{}}] {}", "", filled, "", kBarWidth - filled, Numbers(state));
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::Say(const std::string& line) {
  if (quiet_) return;
  Clear();
  fmt::print(stderr, "nasshrink: {}\n", line);
}

LoopProgress::LoopProgress(Progress* progress, std::string what, std::string unit, uint64_t total)
    : progress_(progress), what_(std::move(what)), unit_(std::move(unit)), total_(total) {}

void LoopProgress::Done(uint64_t done) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  ProgressState state;
  state.what = what_;
  state.done = done;
  state.total = total_;
  state.fraction = total_ == 0 ? 0 : static_cast<double>(done) / static_cast<double>(total_);
  state.rate_unit = unit_;
  if (done > 0 && seconds > 0) {
    state.rate = static_cast<double>(done) / seconds;
    if (done <= total_) state.seconds_left = static_cast<double>(total_ - done) / state.rate;
  }
  progress_->Show(state);
}

}  // namespace nasshrink::tools
