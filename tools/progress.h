// Progress on standard error: a bar with rate and time left on a terminal, a plain line now and then on a pipe.
#ifndef NASSHRINK_TOOLS_PROGRESS_H_
#define NASSHRINK_TOOLS_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <string>

namespace nasshrink::tools {

struct ProgressState {
  std::string what;
  double fraction = 0;
  uint64_t done = 0;
  uint64_t total = 0;
  double rate = 0;  // 0: not known
  std::string rate_unit;
  double seconds_left = -1;  // negative: not known
};

class Progress {
 public:
  explicit Progress(bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Redraws the bar, or writes a line when the last one is ten seconds old.
  void Show(const ProgressState& state);
  // A line of its own, above the bar.
  void Say(const std::string& line);

 private:
  using Clock = std::chrono::steady_clock;
  void Clear();

  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point last_;
};

// Progress of a loop in the program itself: rate and time left from the clock. A total of 0 is not known.
class LoopProgress {
 public:
  LoopProgress(Progress* progress, std::string what, std::string unit, uint64_t total);
  void Done(uint64_t done);

 private:
  Progress* progress_;
  std::string what_;
  std::string unit_;
  uint64_t total_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_PROGRESS_H_
