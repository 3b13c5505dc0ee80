// Batches of images filled ahead of their use by threads of their own, in an order fixed beforehand.
//
// What a batch holds does not depend on the number of threads: each image is filled by itself into its place. At most
// `ahead` batches wait; the threads sleep while that many are ready. Next is called by one thread, which helps while
// its batch is not ready. Threads start in the constructor, block all signals and are gone when the destructor returns,
// whatever is left to do.
#ifndef NASSHRINK_NN_BATCH_QUEUE_H_
#define NASSHRINK_NN_BATCH_QUEUE_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/cancel.h"
#include "base/status.h"

namespace nasshrink::nn {

struct Batch {
  std::vector<float> images;  // image after image
  std::vector<int64_t> targets;
  size_t count = 0;
};

// How images are cut into batches.
struct BatchSizes {
  size_t images = 0;      // in all
  size_t batch = 0;       // in a batch; the last one may be smaller
  size_t image_size = 0;  // numbers of an image

  size_t batches() const { return (images + batch - 1) / batch; }
  size_t in_batch(size_t index) const { return index + 1 < batches() ? batch : images - index * batch; }
};

// Fills the image at a place of the order; called from several threads, must not throw.
using FillImage = std::function<base::Status(size_t place, float* image, int64_t* target)>;

class BatchQueue {
 public:
  BatchQueue(const BatchSizes& sizes, FillImage fill, uint32_t threads, size_t ahead);
  ~BatchQueue();
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;

  // The next batch, valid until the next call; batches() times at most. Of several images of a batch that cannot be
  // filled the first is reported. CANCELLED when the latch is triggered before the batch is ready.
  base::Result<const Batch*> Next(const base::Cancel* cancel);

 private:
  struct Slot {
    Batch batch;
    size_t left = 0;           // images still to be filled
    size_t failed = SIZE_MAX;  // the first place that failed
    base::Status status;
  };

  void Prepare(size_t batch);
  void Work();
  // Whether there are images to fill and a batch to put them in.
  bool HasWork() const { return next_place_ < sizes_.images && next_place_ / sizes_.batch < prepared_; }
  // Fills the next few images; `lock` is held on entry and exit.
  void FillSome(std::unique_lock<std::mutex>& lock);
  Slot& SlotOf(size_t batch) { return slots_[batch % slots_.size()]; }

  const BatchSizes sizes_;
  const FillImage fill_;
  const size_t chunk_;  // images that a thread takes at a time
  std::mutex mutex_;
  std::condition_variable room_;   // for the threads
  std::condition_variable ready_;  // for the caller of Next
  std::vector<Slot> slots_;
  size_t next_place_ = 0;  // the first one that no thread has taken
  size_t prepared_ = 0;    // batches that have a slot, or had one
  size_t taken_ = 0;       // batches handed out
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_BATCH_QUEUE_H_
