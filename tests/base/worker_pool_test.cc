#include "base/worker_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace nasshrink::base {
namespace {

TEST(WorkerPool, CoversTheRangeOnce) {
  for (const uint32_t workers : {0U, 1U, 2U, 5U}) {
    WorkerPool pool(workers);
    EXPECT_EQ(pool.workers(), workers == 0 ? 1 : workers);
    for (const size_t count : {0U, 1U, 3U, 1000U}) {
      std::vector<std::atomic<int>> seen(count);
      pool.ParallelFor(count, [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i) ++seen[i];
      });
      for (const auto& times : seen) EXPECT_EQ(times, 1);
    }
  }
}

TEST(WorkerPool, RunsOnTheCallerWithOneWorker) {
  WorkerPool pool(1);
  std::thread::id id;
  pool.ParallelFor(10, [&](size_t, size_t) { id = std::this_thread::get_id(); });
  EXPECT_EQ(id, std::this_thread::get_id());
}

TEST(WorkerPool, ThrowsABodysExceptionAndStaysUsable) {
  WorkerPool pool(3);
  const auto fail = [](size_t begin, size_t) {
    if (begin == 0) throw std::runtime_error("no luck");
  };
  EXPECT_THROW(pool.ParallelFor(100, fail), std::runtime_error);
  std::atomic<size_t> sum{0};
  pool.ParallelFor(100, [&](size_t begin, size_t end) { sum += end - begin; });
  EXPECT_EQ(sum, 100U);
}

TEST(WorkerPool, BlocksSignalsInItsThreadsAlone) {
  WorkerPool pool(4);
  const std::thread::id caller = std::this_thread::get_id();
  std::mutex mutex;
  std::atomic<int> at_work{0};
  bool others_blocked = true;
  // Every range waits for a second one to start, so more than one thread takes part.
  pool.ParallelFor(2, [&](size_t, size_t) {
    ++at_work;
    while (at_work < 2) std::this_thread::yield();
    if (std::this_thread::get_id() == caller) return;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    const std::lock_guard lock(mutex);
    others_blocked = others_blocked && sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGCHLD) == 1;
  });
  EXPECT_TRUE(others_blocked);
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGINT), 0);
}

TEST(WorkerPool, TakesCallsFromSeveralThreads) {
  WorkerPool pool(2);
  std::atomic<size_t> sum{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([&] {
      for (int i = 0; i < 50; ++i) pool.ParallelFor(64, [&](size_t begin, size_t end) { sum += end - begin; });
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum, 4U * 50 * 64);
}

}  // namespace
}  // namespace nasshrink::base
