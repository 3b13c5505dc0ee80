// An optimiser's state as named tensors of a trainer's snapshot: "momentum.stem.0.weight" with the weight's shape, and
// "counter.stem.0.weight", the steps it has been moved by. Weights that have never moved are left out.
#ifndef NASSHRINK_NN_OPTIMIZER_STATE_H_
#define NASSHRINK_NN_OPTIMIZER_STATE_H_

#include <cstdint>
#include <string>

#include "base/safetensors.h"
#include "base/status.h"
#include "nn/optimizer.h"

namespace nasshrink::nn {

base::Status WriteOptimizer(const Layout& layout, const Optimizer& optimizer, base::SafetensorsWriter* writer);

// DATA_LOSS when the image does not hold exactly this optimiser's state; the optimiser then stays as it was.
base::Status ReadOptimizer(const Layout& layout, const base::SafetensorsImage& image, Optimizer* optimizer);

// Takes what the image has for weights of equal name and shape; all other state is cleared. FAILED_PRECONDITION for
// the state of an optimiser of another kind.
base::Status AdoptOptimizer(const Layout& layout, const base::SafetensorsImage& image, Optimizer* optimizer);

// A number of the image's metadata; DATA_LOSS when it is missing or no number.
base::Result<uint64_t> NumberOf(const base::SafetensorsImage& image, const std::string& key);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_OPTIMIZER_STATE_H_
