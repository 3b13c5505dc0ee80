#include "nn/batch_source.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "nn/guard.h"
#include "nn/parallel.h"

namespace nasshrink::nn {
namespace {

// Batches made ahead: one would do if all took the same time.
constexpr size_t kAhead = 2;

}  // namespace

BatchSource::BatchSource(const ImageDataset& dataset, PartImages part, uint32_t batch_size,
                         std::optional<Augmentation> augmentation)
    : dataset_(dataset),
      part_(std::move(part)),
      augmentation_(std::move(augmentation)),
      sizes_{part_.images.size(), std::min<size_t>(batch_size, part_.images.size()), dataset.image_size()} {
  if (dataset_.IsCostly(augmentation_)) {
    const auto fill = [this](size_t place, float* image, int64_t* target) {
      return Guarded([&] { return Fill(place, image, target); });
    };
    queue_ = std::make_unique<BatchQueue>(sizes_, fill, dataset_.workers(), kAhead);
  }
}

base::Status BatchSource::Fill(size_t place, float* image, int64_t* target) const {
  return dataset_.Fill(part_.test, part_.images[place], augmentation_ ? &*augmentation_ : nullptr, image, target);
}

base::Result<const Batch*> BatchSource::Next(const base::Cancel* cancel) {
  if (queue_ != nullptr) return queue_->Next(cancel);
  if (base::Triggered(cancel)) return base::Status(base::Code::kCancelled, "reading images was cancelled");
  return Make();
}

base::Result<const Batch*> BatchSource::Make() {
  const size_t first = done_ * sizes_.batch;
  batch_.count = sizes_.in_batch(done_);
  batch_.images.resize(batch_.count * sizes_.image_size);
  batch_.targets.resize(batch_.count);
  ++done_;
  std::mutex mutex;
  base::Status failure;
  const auto fill = [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      base::Status status = Fill(first + i, batch_.images.data() + i * sizes_.image_size, batch_.targets.data() + i);
      if (status.ok()) continue;
      const std::lock_guard<std::mutex> lock(mutex);
      failure = std::move(status);
    }
  };
  ParallelFor(static_cast<int64_t>(batch_.count), static_cast<int64_t>(sizes_.image_size), fill);
  if (!failure.ok()) return failure;
  return &batch_;
}

}  // namespace nasshrink::nn
