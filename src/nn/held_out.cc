#include "nn/held_out.h"

#include <algorithm>
#include <utility>

#include "base/random.h"

namespace nasshrink::nn {
namespace {

// Keeps the order apart from that of the training images.
constexpr uint32_t kStream = 1;

}  // namespace

base::Result<HeldOutBatches> HeldOutBatches::Make(const ImageDataset& dataset, uint32_t batch_size, uint64_t seed) {
  NASSHRINK_ASSIGN_OR_RETURN(PartImages part, dataset.Images(run::Part::kValidation, 0));
  HeldOutBatches batches(dataset, std::move(part), seed);
  const run::DatasetInfo& info = dataset.info();
  batches.batch_ = std::min<size_t>(batch_size, batches.part_.images.size());
  batches.images_.resize(batches.batch_ * info.channels * info.height * info.width);
  batches.targets_.resize(batches.batch_);
  return batches;
}

LabelledBatch HeldOutBatches::Get(uint64_t number) {
  const uint64_t each = part_.images.size() / batch_;
  if (pass_ != number / each) {
    pass_ = number / each;
    base::Philox random(seed_, base::Purpose::kShuffle, pass_, kStream);
    shuffled_.test = part_.test;
    shuffled_.images.clear();
    for (const uint32_t i : base::Permutation(static_cast<uint32_t>(part_.images.size()), random)) {
      shuffled_.images.push_back(part_.images[i]);
    }
  }
  dataset_->FillBatch(shuffled_, number % each * batch_, batch_, nullptr, images_.data(), targets_.data());
  return {images_.data(), targets_.data(), static_cast<int64_t>(batch_)};
}

}  // namespace nasshrink::nn
