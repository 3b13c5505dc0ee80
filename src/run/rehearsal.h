// What training and evaluation take, found by doing a little of it.
//
// First on a few images, whose memory is carried on to the whole batch; where that fits, on whole batches, which tells
// memory and time as they will be. Nothing of it lasts: supernets of its own are made and thrown away.
#ifndef NASSHRINK_RUN_REHEARSAL_H_
#define NASSHRINK_RUN_REHEARSAL_H_

#include <cstdint>
#include <memory>

#include "base/cancel.h"
#include "base/status.h"
#include "run/backend.h"
#include "space/space.h"

namespace nasshrink::run {

struct Rehearsal {
  // Most that is held at a time: weights, W0, gradients, optimiser, activations, the framework's workspace.
  uint64_t bytes = 0;
  double seconds_per_image = 0;
  // Whole batches would not fit: `bytes` is carried on from smaller ones, and the time is unknown (0).
  bool too_large = false;
};

struct Rehearsed {
  Backend* backend = nullptr;
  Dataset* dataset = nullptr;
  // Bytes that whole batches may take.
  uint64_t most_bytes = 0;
  std::shared_ptr<const base::Cancel> cancel;
};

// Steps of training with these options; one path is the child with most multiply-adds.
base::Result<Rehearsal> RehearseTraining(const space::Space& space, SupernetOptions supernet, TrainOptions options,
                                         const Rehearsed& with);

// Evaluation of a few children, the one with most multiply-adds among them. Seconds are for an image that passes a
// child, batch-norm calibration counted like evaluation.
base::Result<Rehearsal> RehearseEvaluation(const space::Space& space, SupernetOptions supernet, EvaluateOptions options,
                                           const Rehearsed& with);

// The child that takes, of every choice, the alive candidate with most multiply-adds; the first ones of a space without
// formulas of costs.
space::Architecture LargestChild(const space::Space& space);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_REHEARSAL_H_
