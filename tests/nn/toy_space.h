// Small NAS-Bench-201 spaces, supernets and images for the tests of nn/.
#ifndef NASSHRINK_TESTS_NN_TOY_SPACE_H_
#define NASSHRINK_TESTS_NN_TOY_SPACE_H_

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/random.h"
#include "nn/network.h"
#include "run/backend.h"
#include "space/presets.h"
#include "space/space.h"

namespace nasshrink::nn {

struct ToySize {
  uint32_t channels = 4;
  uint32_t cells = 1;
  uint32_t input_channels = 2;
  uint32_t side = 8;
  uint32_t classes = 3;
};

inline space::Space ToySpace(const ToySize& size = {}) {
  v1::PresetOptions options;
  options.set_channels(size.channels);
  options.set_cells(size.cells);
  options.set_input_channels(size.input_channels);
  options.set_input_height(size.side);
  options.set_input_width(size.side);
  options.set_classes(size.classes);
  auto space = space::Preset("nas-bench-201", options);
  EXPECT_TRUE(space.ok()) << space.status().message();
  return *space;
}

struct ToyBatch {
  std::vector<float> images;  // image, channel, row, column
  std::vector<int64_t> targets;
  int64_t count = 0;
  ToySize size;

  run::TensorView inputs_view() const {
    return {images.data(), run::DType::kFloat32, {count, size.input_channels, size.side, size.side}};
  }
  run::TensorView targets_view() const { return {targets.data(), run::DType::kInt64, {count}}; }
};

inline ToyBatch MakeToyBatch(int64_t count, const ToySize& size = {}, uint64_t seed = 1) {
  base::Philox random(seed, base::Purpose::kSynthetic);
  ToyBatch batch;
  batch.count = count;
  batch.size = size;
  batch.images.resize(static_cast<size_t>(count) * size.input_channels * size.side * size.side);
  for (float& value : batch.images) value = static_cast<float>(random.Normal());
  for (int64_t i = 0; i < count; ++i) batch.targets.push_back(random.Below(size.classes));
  return batch;
}

std::unique_ptr<run::Backend> ToyBackend(uint32_t threads = 1);

}  // namespace nasshrink::nn

extern "C" const nasshrink::run::BackendFactory* nasshrink_backend_factory();

inline std::unique_ptr<nasshrink::run::Backend> nasshrink::nn::ToyBackend(uint32_t threads) {
  run::BackendOptions options;
  options.intra_op_threads = threads;
  base::Status status;
  std::unique_ptr<run::Backend> backend(nasshrink_backend_factory()->create(options, &status));
  EXPECT_TRUE(status.ok()) << status.message();
  return backend;
}

#endif  // NASSHRINK_TESTS_NN_TOY_SPACE_H_
