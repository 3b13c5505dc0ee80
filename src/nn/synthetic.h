// Seeded toy images that a small network learns in seconds: for demonstrations and tests without files.
#ifndef NASSHRINK_NN_SYNTHETIC_H_
#define NASSHRINK_NN_SYNTHETIC_H_

#include <string>

#include "base/status.h"
#include "nn/labelled_images.h"

namespace nasshrink::nn {

// "CLASSES", "CLASSES:CxHxW" or "CLASSES:CxHxW:IMAGES"; 1x28x28 and 2048 training images by default, a quarter as many
// for test. Every class is a sum of two waves of its own; an image shifts them, scales them and adds noise.
base::Result<TrainAndTest> MakeSynthetic(const std::string& description, uint64_t seed, const ReadRequest& request);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_SYNTHETIC_H_
