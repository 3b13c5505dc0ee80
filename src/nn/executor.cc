#include "nn/executor.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <system_error>

#include "base/signals_blocked.h"
#include "nn/guard.h"

namespace nasshrink::nn {

Executor::~Executor() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

base::Status Executor::Start() {
  const base::SignalsBlocked blocked;
  try {
    thread_ = std::thread([this] { Loop(); });
  } catch (const std::system_error& error) {
    return base::Error(base::Code::kResourceExhausted, "no thread could be started: {}", error.what());
  }
  return {};
}

base::Status Executor::Run(const std::function<base::Status()>& job) {
  std::lock_guard<std::mutex> turn(turn_);
  if (!thread_.joinable()) NASSHRINK_RETURN_IF_ERROR(Start());
  std::unique_lock<std::mutex> lock(mutex_);
  job_ = &job;
  changed_.notify_all();
  changed_.wait(lock, [this] { return job_ == nullptr; });
  return std::move(outcome_);
}

void Executor::Loop() {
  base::Status setup = Guarded([this] {
    // A thread's first parallel loop takes the count that any thread of the process set last. torch and this library
    // each keep their own note of "first", so both are used up before the count is set.
    at::internal::lazy_init_num_threads();
    at::get_num_threads();
    at::set_num_threads(static_cast<int>(threads_));
    return base::Status();
  });
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || job_ != nullptr; });
    if (stop_) return;
    const auto* job = job_;
    lock.unlock();
    base::Status outcome = setup;
    if (outcome.ok()) {
      outcome = Guarded([this, job] {
        const c10::InferenceMode inference;
        return count_ == nullptr ? (*job)() : WithTorchCounted(*count_, *job);
      });
    }
    lock.lock();
    outcome_ = std::move(outcome);
    job_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace nasshrink::nn
