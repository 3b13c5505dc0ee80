// Results that a training step leaves out for some of its images: drop path (DARTS's code for retraining) and dropout
// after identities (P-DARTS Sec. 3.3).
//
// What is left out is drawn for every image by the seed; what is kept is scaled up, so that evaluation needs no change.
#ifndef NASSHRINK_NN_IMAGE_DROP_H_
#define NASSHRINK_NN_IMAGE_DROP_H_

#include <cstdint>
#include <vector>

#include "run/backend.h"

namespace nasshrink::nn {

// Which draw: of a pass over the weights' batch, or of a step of the architecture parameters.
struct ImageDrop {
  double probability = 0;
  uint64_t seed = 0;
  uint64_t step = 0;
  uint32_t pass = 0;

  bool on() const { return probability > 0; }
};
constexpr uint32_t kArchitecturePass = 1U << 31;

// 0 or 1 / (1 - probability) for each of `count` images and each place where something is dropped, place by place.
std::vector<float> DrawImageScales(const ImageDrop& drop, uint32_t places, int64_t count);

// Of `step`, counted from the beginning of the schedule: grows linearly from 0 (our decision: by the step; the
// published code by the epoch).
double DropPathAt(const run::TrainOptions& options, uint64_t step);
// P-DARTS's code: p (E - e - 1) / E in frozen epochs, p exp(-0.2 (e - frozen)) afterwards.
double SkipDropoutAt(const run::ArchitectureOptions& options, uint32_t epoch);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_IMAGE_DROP_H_
