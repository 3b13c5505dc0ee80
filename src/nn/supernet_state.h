// What a supernet and its trainers share: the network's plan, its weights, the thread they are used on.
#ifndef NASSHRINK_NN_SUPERNET_STATE_H_
#define NASSHRINK_NN_SUPERNET_STATE_H_

#include <memory>

#include "nn/buffer_pool.h"
#include "nn/evaluation_memory.h"
#include "nn/executor.h"
#include "nn/memory_count.h"
#include "nn/network.h"
#include "nn/parameters.h"

namespace nasshrink::nn {

// `pool` and `evaluations` are touched on the executor's thread only; `weights` by one call at a time, on whatever
// thread (the caller of run::Supernet and run::Trainer serialises).
struct SupernetState {
  SupernetState(NetworkPlan network, uint32_t intra_op_threads, bool count_torch = false)
      : plan(std::move(network)), executor(intra_op_threads, count_torch ? &memory : nullptr) {}

  const NetworkPlan plan;
  Weights weights;
  MemoryCount memory;  // of all but `weights`
  BufferPool pool{&memory};
  EvaluationMemory evaluations;
  uint64_t memory_limit = 0;
  Executor executor;  // last: its thread ends before the rest is gone
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_SUPERNET_STATE_H_
