// What the fuzz targets share. Each defines LLVMFuzzerTestOneInput; built with -Dfuzz=true it is linked to libFuzzer,
// and otherwise to replay.cc, which feeds it the checked-in corpus.
#ifndef NASSHRINK_TESTS_FUZZ_TARGET_H_
#define NASSHRINK_TESTS_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

// Stops the process, in release builds too: the input is a finding.
#define NASSHRINK_FUZZ_CHECK(condition)                                                  \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)

#endif  // NASSHRINK_TESTS_FUZZ_TARGET_H_
