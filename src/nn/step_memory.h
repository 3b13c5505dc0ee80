// What a training step keeps in memory.
#ifndef NASSHRINK_NN_STEP_MEMORY_H_
#define NASSHRINK_NN_STEP_MEMORY_H_

#include <cstdint>

#include "nn/network.h"
#include "nn/program.h"

namespace nasshrink::nn {

// Floats one training step of the program on `batch` images keeps at most (a bound, not an exact number): every value
// and function of it that is read, every convolution's output, and gradients on the way back.
uint64_t StepFloats(const Program& program, uint32_t batch);

// The same for the largest child: of every choice the alive candidate with which the child is largest, the others being
// the first that do not break the path.
uint64_t StepFloats(const NetworkPlan& plan, uint32_t batch);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_STEP_MEMORY_H_
