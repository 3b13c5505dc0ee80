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
  batches.batch_ = std::min<size_t>(batch_size, batches.part_.images.size());
  return batches;
}

base::Result<LabelledBatch> HeldOutBatches::Get(uint64_t number) {
  const uint64_t each = part_.images.size() / batch_;
  if (pass_ != number / each) {
    pass_ = number / each;
    base::Philox random(seed_, base::Purpose::kShuffle, pass_, kStream);
    shuffled_.clear();
    for (const uint32_t i : base::Permutation(static_cast<uint32_t>(part_.images.size()), random)) {
      shuffled_.push_back(part_.images[i]);
    }
  }
  PartImages images;
  images.test = part_.test;
  const auto first = shuffled_.begin() + static_cast<ptrdiff_t>(number % each * batch_);
  images.images.assign(first, first + static_cast<ptrdiff_t>(batch_));
  source_ = std::make_unique<BatchSource>(*dataset_, std::move(images), static_cast<uint32_t>(batch_), std::nullopt);
  NASSHRINK_ASSIGN_OR_RETURN(const Batch* batch, source_->Next(nullptr));
  return LabelledBatch{batch->images.data(), batch->targets.data(), static_cast<int64_t>(batch_)};
}

}  // namespace nasshrink::nn
