#include "base/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/signals_blocked.h"

namespace nasshrink::base {
namespace {

// Ranges a worker takes on average, so that uneven bodies still share the work.
constexpr size_t kRangesPerWorker = 4;

struct Job {
  const std::function<void(size_t, size_t)>* body = nullptr;
  size_t count = 0;
  size_t step = 1;
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;

  void Work() {
    while (true) {
      const size_t begin = next.fetch_add(step);
      if (begin >= count) return;
      try {
        (*body)(begin, std::min(count, begin + step));
      } catch (const std::exception&) {
        const std::lock_guard lock(mutex);
        if (failure == nullptr) failure = std::current_exception();
        next = count;
      }
    }
  }
};

}  // namespace

class WorkerPool::Threads {
 public:
  ~Threads() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void Run(Job& job, size_t helpers) {
    const std::lock_guard one_call(calls_);
    Start(helpers);
    {
      const std::lock_guard lock(mutex_);
      job_ = &job;
      ++round_;
      busy_ = threads_.size();
    }
    wake_.notify_all();
    job.Work();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    job_ = nullptr;
  }

 private:
  // With fewer threads than asked for, the ones there are do the work.
  void Start(size_t helpers) {
    const SignalsBlocked blocked;
    try {
      threads_.reserve(helpers);
      while (threads_.size() < helpers) threads_.emplace_back([this] { Loop(); });
    } catch (const std::system_error&) {
      return;
    }
  }

  void Loop() {
    uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return stop_ || round_ != seen; });
      if (stop_) return;
      seen = round_;
      Job* job = job_;
      if (job == nullptr) continue;
      lock.unlock();
      job->Work();
      lock.lock();
      if (--busy_ == 0) done_.notify_all();
    }
  }

  std::mutex calls_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::vector<std::thread> threads_;
  Job* job_ = nullptr;
  uint64_t round_ = 0;
  size_t busy_ = 0;
  bool stop_ = false;
};

WorkerPool::WorkerPool(uint32_t workers)
    : workers_(std::max(workers, 1U)), threads_(workers_ > 1 ? std::make_unique<Threads>() : nullptr) {}

WorkerPool::~WorkerPool() = default;

uint32_t WorkerPool::workers() const { return workers_; }

void WorkerPool::ParallelFor(size_t count, const std::function<void(size_t begin, size_t end)>& body) {
  if (count == 0) return;
  if (threads_ == nullptr || count == 1) {
    body(0, count);
    return;
  }
  Job job;
  job.body = &body;
  job.count = count;
  job.step = std::max<size_t>(1, count / (workers_ * kRangesPerWorker));
  threads_->Run(job, workers_ - 1);
  if (job.failure != nullptr) std::rethrow_exception(job.failure);
}

}  // namespace nasshrink::base
