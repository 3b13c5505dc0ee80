#include "nn/buffer_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.h"

namespace nasshrink::nn {
namespace {

constexpr size_t kPage = 4096;

// Steps whose buffers differ from step to step, as those of sampled paths do.
TEST(BufferPool, HoldsLittleMoreThanWasEverInUse) {
  base::Philox random(3, base::Purpose::kSampleSpace);
  MemoryCount count;
  BufferPool pool(&count);
  uint64_t most = 0;
  for (int step = 0; step < 200; ++step) {
    std::vector<BufferPool::Buffer> buffers;
    uint64_t used = 0;
    for (uint32_t i = 0; i < 20; ++i) {
      const size_t floats = 1 + random.Below(200000);
      buffers.push_back(pool.Take(floats));
      used += (floats * sizeof(float) + kPage - 1) / kPage * kPage;
      buffers.back().data()[0] = 1;
      buffers.back().data()[floats - 1] = 1;
    }
    most = std::max(most, used);
  }
  EXPECT_GE(count.peak(), most);
  EXPECT_LE(count.peak(), most + most / 8 + kPage);
}

TEST(BufferPool, HandsOutWhatItHasAndFreesWhatIsNotInUse) {
  MemoryCount count;
  BufferPool pool(&count);
  float* first = nullptr;
  for (int step = 0; step < 3; ++step) {
    const BufferPool::Buffer buffer = pool.Take(100000);
    if (step == 0) first = buffer.data();
    EXPECT_EQ(buffer.data(), first);
  }
  const uint64_t peak = count.peak();
  pool.Trim();
  count.Add(peak);
  EXPECT_EQ(count.peak(), peak) << "nothing was held";
}

TEST(BufferPool, BuffersInUseStayApart) {
  BufferPool pool;
  std::vector<BufferPool::Buffer> buffers;
  for (const size_t floats : {10, 20000, 700000}) {
    buffers.push_back(pool.Take(floats));
    std::fill_n(buffers.back().data(), floats, static_cast<float>(floats));
  }
  EXPECT_EQ(buffers[0].data()[9], 10.0F);
  EXPECT_EQ(buffers[1].data()[19999], 20000.0F);
  EXPECT_EQ(buffers[2].data()[699999], 700000.0F);
}

}  // namespace
}  // namespace nasshrink::nn
