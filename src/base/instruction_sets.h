// What the processor can do.
//
// NASSHRINK_CLONES marks a function to be compiled for several instruction sets; the loader picks the best the machine
// has.
#ifndef NASSHRINK_BASE_INSTRUCTION_SETS_H_
#define NASSHRINK_BASE_INSTRUCTION_SETS_H_

// Sanitizers cannot run before the loader's choice, so their builds keep one copy.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define NASSHRINK_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define NASSHRINK_CLONES
#endif

namespace nasshrink::base {

// Whether it multiplies numbers of bfloat16.
inline bool HasBFloat16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

}  // namespace nasshrink::base

#endif  // NASSHRINK_BASE_INSTRUCTION_SETS_H_
