// A pool of threads for sampling, scoring and decoding. Training does not run here.
//
// Threads start at the first call that can use them, never at construction, and block every signal, so that a
// host's handlers keep running on the host's own threads. Results must not depend on how a range is cut: a body
// writes only to the part of its output that belongs to its range.
#ifndef NASSHRINK_BASE_WORKER_POOL_H_
#define NASSHRINK_BASE_WORKER_POOL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace nasshrink::base {

class WorkerPool {
 public:
  // `workers` counts the calling thread; 0 is read as 1. With 1 everything runs on the caller.
  explicit WorkerPool(uint32_t workers);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  uint32_t workers() const;

  // Calls `body` with disjoint ranges that cover 0..count-1, from up to workers() threads at once, and returns when
  // all are done. The first exception of a body is thrown again here. One call at a time: a second waits. A body
  // must not call ParallelFor of the same pool.
  void ParallelFor(size_t count, const std::function<void(size_t begin, size_t end)>& body);

 private:
  class Threads;
  uint32_t workers_;
  std::unique_ptr<Threads> threads_;
};

}  // namespace nasshrink::base

#endif  // NASSHRINK_BASE_WORKER_POOL_H_
