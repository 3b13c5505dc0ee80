// All images of a part as the training and evaluation loops read them, for the tests of nn/.
#ifndef NASSHRINK_TESTS_NN_READ_PART_H_
#define NASSHRINK_TESTS_NN_READ_PART_H_

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "nn/batch_source.h"
#include "nn/dataset.h"

namespace nasshrink::nn {

struct ReadImages {
  std::vector<float> images;
  std::vector<int64_t> targets;
};

inline ReadImages ReadPart(const ImageDataset& dataset, const PartImages& part,
                           const std::optional<Augmentation>& augmentation = std::nullopt, uint32_t batch_size = 64) {
  ReadImages read;
  BatchSource batches(dataset, part, batch_size, augmentation);
  for (uint64_t i = 0; i < batches.count(); ++i) {
    const auto batch = batches.Next(nullptr);
    EXPECT_TRUE(batch.ok()) << batch.status().message();
    if (!batch.ok()) return read;
    read.images.insert(read.images.end(), (*batch)->images.begin(), (*batch)->images.end());
    read.targets.insert(read.targets.end(), (*batch)->targets.begin(), (*batch)->targets.end());
  }
  return read;
}

}  // namespace nasshrink::nn

#endif  // NASSHRINK_TESTS_NN_READ_PART_H_
