// Gives memory that torch has freed back to the system.
//
// Convolutions' results come from malloc, in blocks of megabytes whose sizes change from path to path: what is free
// between blocks in use adds up to more than the blocks themselves.
#ifndef NASSHRINK_NN_HEAP_TRIM_H_
#define NASSHRINK_NN_HEAP_TRIM_H_

#include <cstdint>

namespace nasshrink::nn {

// Does so when malloc holds more than `most_free` bytes that nobody uses.
void TrimHeap(uint64_t most_free);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_HEAP_TRIM_H_
