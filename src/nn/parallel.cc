#include "nn/parallel.h"

#include <ATen/Parallel.h>

#include <algorithm>

namespace nasshrink::nn {

namespace {

// Below this a second thread costs more than it saves.
constexpr int64_t kWorthwhile = 32768;

}  // namespace

void ParallelFor(int64_t count, int64_t cost, const std::function<void(int64_t, int64_t)>& body) {
  at::parallel_for(0, count, std::max<int64_t>(1, kWorthwhile / std::max<int64_t>(1, cost)), body);
}

}  // namespace nasshrink::nn
