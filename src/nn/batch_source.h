// The batches of one epoch or evaluation: what the training and evaluation loops read from.
//
//   BatchSource batches(dataset, part, batch_size, augmentation);
//   for (uint64_t i = 0; i < batches.count(); ++i) {
//     NASSHRINK_ASSIGN_OR_RETURN(const Batch* batch, batches.Next(cancel));
//     ... batch->images [batch->count, height, width, channels], batch->targets [batch->count]
//   }
//
// Batches that are costly to make (pictures decoded from files, changed pictures) are made ahead by the data set's
// workers; others on torch's own threads when they are asked for. Either way the same bytes. Belongs to one thread, the
// executor's; the data set must outlive it.
#ifndef NASSHRINK_NN_BATCH_SOURCE_H_
#define NASSHRINK_NN_BATCH_SOURCE_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "base/cancel.h"
#include "base/status.h"
#include "nn/augmentation.h"
#include "nn/batch_queue.h"
#include "nn/dataset.h"

namespace nasshrink::nn {

class BatchSource {
 public:
  // Images in the order of `part`, which has some.
  BatchSource(const ImageDataset& dataset, PartImages part, uint32_t batch_size,
              std::optional<Augmentation> augmentation);

  uint64_t count() const { return sizes_.batches(); }
  // The next batch, valid until the next call; count() times at most. CANCELLED, or why an image cannot be read.
  base::Result<const Batch*> Next(const base::Cancel* cancel);

 private:
  base::Status Fill(size_t place, float* image, int64_t* target) const;
  base::Result<const Batch*> Make();

  const ImageDataset& dataset_;
  const PartImages part_;
  const std::optional<Augmentation> augmentation_;
  const BatchSizes sizes_;
  uint64_t done_ = 0;
  Batch batch_;                        // made when asked for
  std::unique_ptr<BatchQueue> queue_;  // or made ahead
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_BATCH_SOURCE_H_
