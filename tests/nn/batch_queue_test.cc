#include "nn/batch_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace nasshrink::nn {
namespace {

constexpr size_t kImageSize = 5;

// An image whose numbers tell its place.
base::Status FillPlace(size_t place, float* image, int64_t* target) {
  std::fill_n(image, kImageSize, static_cast<float>(place));
  *target = static_cast<int64_t>(place);
  return {};
}

std::vector<int64_t> ReadAll(BatchQueue& queue, const BatchSizes& sizes) {
  std::vector<int64_t> targets;
  for (size_t i = 0; i < sizes.batches(); ++i) {
    const auto batch = queue.Next(nullptr);
    EXPECT_TRUE(batch.ok()) << batch.status().message();
    if (!batch.ok()) return {};
    EXPECT_EQ((*batch)->count, sizes.in_batch(i));
    EXPECT_EQ((*batch)->images.size(), (*batch)->count * kImageSize);
    for (size_t image = 0; image < (*batch)->count; ++image) {
      targets.push_back((*batch)->targets[image]);
      EXPECT_EQ((*batch)->images[image * kImageSize + 4], static_cast<float>((*batch)->targets[image]));
    }
  }
  return targets;
}

TEST(BatchQueueTest, BatchesComeInOrderWhateverTheThreads) {
  for (const BatchSizes& sizes : {BatchSizes{1000, 7, kImageSize}, BatchSizes{20, 20, kImageSize},
                                  BatchSizes{1, 1, kImageSize}, BatchSizes{20001, 5000, kImageSize}}) {
    std::vector<int64_t> expected(sizes.images);
    for (size_t i = 0; i < expected.size(); ++i) expected[i] = static_cast<int64_t>(i);
    for (const uint32_t threads : {0U, 1U, 4U}) {
      for (const size_t ahead : {1U, 3U}) {
        BatchQueue queue(sizes, FillPlace, threads, ahead);
        EXPECT_EQ(ReadAll(queue, sizes), expected) << threads << " threads";
      }
    }
  }
}

TEST(BatchQueueTest, OnlySoManyImagesAreMadeAhead) {
  std::atomic<size_t> furthest{0};
  const auto fill = [&](size_t place, float* image, int64_t* target) {
    for (size_t seen = furthest; place > seen && !furthest.compare_exchange_weak(seen, place);) continue;
    return FillPlace(place, image, target);
  };
  const BatchSizes sizes{100, 10, kImageSize};
  BatchQueue queue(sizes, fill, 3, 2);
  for (size_t i = 0; i < sizes.batches(); ++i) {
    ASSERT_TRUE(queue.Next(nullptr).ok());
    // The batch handed out and two more.
    EXPECT_LT(furthest, (i + 3) * 10);
  }
  EXPECT_EQ(furthest, 99U);
}

TEST(BatchQueueTest, TheFirstImageThatFailsIsReported) {
  const auto fill = [](size_t place, float* image, int64_t* target) -> base::Status {
    if (place == 23 || place == 27 || place == 71) {
      return base::Error(base::Code::kDataLoss, "image {} is torn", place);
    }
    return FillPlace(place, image, target);
  };
  for (const uint32_t threads : {0U, 1U, 4U}) {
    BatchQueue queue(
        {100, 10, 20000}, [&](size_t place, float* image, int64_t* target) { return fill(place, image, target); },
        threads, 2);
    ASSERT_TRUE(queue.Next(nullptr).ok());
    ASSERT_TRUE(queue.Next(nullptr).ok());
    const auto failed = queue.Next(nullptr);
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.status().message(), "image 23 is torn");
  }
}

TEST(BatchQueueTest, StopsInTheMiddleOfABatchWhenCancelled) {
  base::Cancel cancel;
  size_t filled = 0;
  const auto fill = [&](size_t place, float* image, int64_t* target) {
    if (++filled == 50) cancel.Trigger();
    return FillPlace(place, image, target);
  };
  BatchQueue queue({1000000, 100000, kImageSize}, fill, 0, 1);
  const auto batch = queue.Next(&cancel);
  ASSERT_FALSE(batch.ok());
  EXPECT_EQ(batch.status().code(), base::Code::kCancelled);
  EXPECT_LT(filled, 100000U);
}

TEST(BatchQueueTest, MayBeLeftInTheMiddle) {
  for (int round = 0; round < 50; ++round) {
    BatchQueue queue({1000, 10, kImageSize}, FillPlace, 4, 2);
    for (int i = 0; i < round % 4; ++i) ASSERT_TRUE(queue.Next(nullptr).ok());
  }
}

}  // namespace
}  // namespace nasshrink::nn
