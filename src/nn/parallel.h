// Loops split over the intra-op threads of the executor (torch's own OpenMP team; we start none).
#ifndef NASSHRINK_NN_PARALLEL_H_
#define NASSHRINK_NN_PARALLEL_H_

#include <cstdint>
#include <functional>

namespace nasshrink::nn {

// Calls body(begin, end) over disjoint ranges that cover 0..count-1; `cost` is about how many numbers one item touches,
// and little work stays on the calling thread. `body` must not throw.
void ParallelFor(int64_t count, int64_t cost, const std::function<void(int64_t begin, int64_t end)>& body);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_PARALLEL_H_
