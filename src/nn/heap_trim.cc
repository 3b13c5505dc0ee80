#include "nn/heap_trim.h"

#include <malloc.h>

namespace nasshrink::nn {

void TrimHeap(uint64_t most_free) {
  if (mallinfo2().fordblks > most_free) malloc_trim(0);
}

}  // namespace nasshrink::nn
