#include "nn/batch_queue.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/signals_blocked.h"

namespace nasshrink::nn {
namespace {

// Numbers that make taking an image worth a lock.
constexpr size_t kChunk = 16384;

}  // namespace

BatchQueue::BatchQueue(const BatchSizes& sizes, FillImage fill, uint32_t threads, size_t ahead)
    : sizes_(sizes),
      fill_(std::move(fill)),
      chunk_(std::clamp<size_t>(kChunk / std::max<size_t>(1, sizes.image_size), 1, sizes.batch)),
      // One more for the batch in use.
      slots_(std::min(ahead + 1, sizes.batches())) {
  while (prepared_ < slots_.size()) Prepare(prepared_);
  const base::SignalsBlocked blocked;
  try {
    threads_.reserve(threads);
    while (threads_.size() < threads) threads_.emplace_back([this] { Work(); });
  } catch (const std::system_error&) {
    // With fewer threads the ones there are do the work, and Next does it when there are none.
    return;
  }
}

BatchQueue::~BatchQueue() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  room_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void BatchQueue::Prepare(size_t batch) {
  Slot& slot = SlotOf(batch);
  const size_t count = sizes_.in_batch(batch);
  slot.batch.images.resize(count * sizes_.image_size);
  slot.batch.targets.resize(count);
  slot.batch.count = count;
  slot.left = count;
  slot.failed = SIZE_MAX;
  slot.status = base::Status();
  prepared_ = batch + 1;
}

void BatchQueue::Work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    room_.wait(lock, [this] { return stop_ || next_place_ >= sizes_.images || HasWork(); });
    if (stop_ || next_place_ >= sizes_.images) return;
    FillSome(lock);
  }
}

void BatchQueue::FillSome(std::unique_lock<std::mutex>& lock) {
  const size_t batch = next_place_ / sizes_.batch;
  const size_t first = next_place_ % sizes_.batch;
  Slot& slot = SlotOf(batch);
  const size_t end = std::min(first + chunk_, slot.batch.count);
  next_place_ = batch * sizes_.batch + end;
  lock.unlock();
  size_t failed = SIZE_MAX;
  base::Status status;
  for (size_t i = first; i < end && status.ok(); ++i) {
    status = fill_(batch * sizes_.batch + i, slot.batch.images.data() + i * sizes_.image_size,
                   slot.batch.targets.data() + i);
    if (!status.ok()) failed = i;
  }
  lock.lock();
  if (failed < slot.failed) {
    slot.failed = failed;
    slot.status = std::move(status);
  }
  slot.left -= end - first;
  if (slot.left == 0) ready_.notify_all();
}

base::Result<const Batch*> BatchQueue::Next(const base::Cancel* cancel) {
  std::unique_lock<std::mutex> lock(mutex_);
  // The batch handed out before is done with: its slot takes the next one that has none.
  if (prepared_ < std::min(taken_ + slots_.size(), sizes_.batches())) {
    Prepare(prepared_);
    room_.notify_all();
  }
  Slot& slot = SlotOf(taken_);
  while (slot.left > 0) {
    if (base::Triggered(cancel)) return base::Status(base::Code::kCancelled, "reading images was cancelled");
    if (HasWork()) {
      FillSome(lock);
    } else {
      ready_.wait(lock);
    }
  }
  if (!slot.status.ok()) return slot.status;
  ++taken_;
  return &slot.batch;
}

}  // namespace nasshrink::nn
