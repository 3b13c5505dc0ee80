// Image files: IDX (MNIST and its kin) and CIFAR-10's binary format, plain or gzip-compressed.
//
// Everything about a file is checked before it is used; errors name the file and, where it is one, the image.
#ifndef NASSHRINK_NN_IMAGE_FILES_H_
#define NASSHRINK_NN_IMAGE_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace nasshrink::nn {

// Pixels are image, channel, row, column.
struct LabelledImages {
  uint32_t channels = 0;
  uint32_t height = 0;
  uint32_t width = 0;
  std::vector<uint8_t> pixels;
  std::vector<int64_t> labels;

  uint64_t count() const { return labels.size(); }
  uint64_t image_size() const { return uint64_t{channels} * height * width; }
};

struct TrainAndTest {
  LabelledImages train;
  LabelledImages test;
  uint32_t classes = 0;
};

// The first `limit` images (0: all). Labels must be below `classes`; 0 classes: any.
base::Result<LabelledImages> ReadIdx(const std::string& images_path, const std::string& labels_path, uint64_t limit,
                                     uint32_t classes);

// "train-images-idx3-ubyte" and so on in `folder`, each plain or with ".gz".
base::Result<TrainAndTest> ReadFashionMnist(const std::string& folder, uint64_t limit_train, uint64_t limit_test);

// "data_batch_1.bin" .. "data_batch_5.bin" and "test_batch.bin" in `folder`, each plain or with ".gz".
base::Result<TrainAndTest> ReadCifar10(const std::string& folder, uint64_t limit_train, uint64_t limit_test);

// "IMAGES,LABELS" or "IMAGES,LABELS,TEST_IMAGES,TEST_LABELS".
base::Result<TrainAndTest> ReadIdxList(const std::string& list, uint64_t limit_train, uint64_t limit_test);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_IMAGE_FILES_H_
