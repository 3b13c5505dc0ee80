// One thread on which all torch work of a supernet runs, with clean thread-local state.
//
// A caller's gradient mode, inference mode or intra-op count never reaches the work, and one OpenMP team exists
// however many threads call. The thread starts at the first call and blocks all signals.
#ifndef NASSHRINK_NN_EXECUTOR_H_
#define NASSHRINK_NN_EXECUTOR_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/status.h"
#include "nn/memory_count.h"

namespace nasshrink::nn {

class Executor {
 public:
  // What torch allocates for the work is counted in `count` unless that is null.
  explicit Executor(uint32_t intra_op_threads, MemoryCount* count = nullptr)
      : threads_(intra_op_threads), count_(count) {}
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // Runs `job` on the thread and waits for it; calls from several threads take turns.
  base::Status Run(const std::function<base::Status()>& job);
  uint32_t intra_op_threads() const { return threads_; }

 private:
  base::Status Start();
  void Loop();

  const uint32_t threads_;
  MemoryCount* const count_;
  std::mutex turn_;
  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<base::Status()>* job_ = nullptr;
  base::Status outcome_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_EXECUTOR_H_
