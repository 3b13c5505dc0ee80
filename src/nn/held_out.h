// Batches of validation images for steps of architecture parameters, in an endless order fixed by the seed.
//
// Images are shuffled afresh for every pass over them, are not varied, and a last short batch is left out.
#ifndef NASSHRINK_NN_HELD_OUT_H_
#define NASSHRINK_NN_HELD_OUT_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/batch_source.h"
#include "nn/dataset.h"
#include "nn/mixture.h"

namespace nasshrink::nn {

class HeldOutBatches {
 public:
  // FAILED_PRECONDITION for a data set without validation images. The data set must outlive the batches.
  static base::Result<HeldOutBatches> Make(const ImageDataset& dataset, uint32_t batch_size, uint64_t seed);

  // Batch number `number`, valid until the next call; or why an image cannot be read.
  base::Result<LabelledBatch> Get(uint64_t number);

 private:
  HeldOutBatches(const ImageDataset& dataset, PartImages part, uint64_t seed)
      : dataset_(&dataset), part_(std::move(part)), seed_(seed) {}

  const ImageDataset* dataset_;
  PartImages part_;
  uint64_t seed_;
  size_t batch_ = 0;
  uint64_t pass_ = UINT64_MAX;
  std::vector<uint32_t> shuffled_;
  std::unique_ptr<BatchSource> source_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_HELD_OUT_H_
