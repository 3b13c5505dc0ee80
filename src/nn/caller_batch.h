// A caller's batch: what it must look like, and in the network's own order of elements.
#ifndef NASSHRINK_NN_CALLER_BATCH_H_
#define NASSHRINK_NN_CALLER_BATCH_H_

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "nn/kernels.h"
#include "run/backend.h"
#include "space/space.h"

namespace nasshrink::nn {

// INVALID_ARGUMENT for anything but float32 [batch, channels, height, width] of the network's size.
base::Status CheckInputs(const space::Network& network, const run::TensorView& inputs);
// INVALID_ARGUMENT for anything but int64 [images] of the network's classes.
base::Status CheckTargets(const space::Network& network, const run::TensorView& targets, int64_t images);

// Of inputs that have been checked.
Shape ShapeOf(const run::TensorView& inputs);
// Images [channels, height, width] become [height, width, channels].
std::vector<float> ChannelsLast(const float* images, const Shape& shape);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_CALLER_BATCH_H_
