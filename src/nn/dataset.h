// Images in memory, split into training, validation and test parts, and batches of them.
//
// A batch depends on which images are asked for and on the seed alone: crop, flip and cutout are drawn for each image
// by (seed, epoch, image), so neither order nor number of threads matters. Safe to use from several threads.
#ifndef NASSHRINK_NN_DATASET_H_
#define NASSHRINK_NN_DATASET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "nn/image_files.h"
#include "run/backend.h"

namespace nasshrink::nn {

// How training images are varied.
struct Augmentation {
  uint32_t crop_padding = 0;
  bool flip = false;
  uint32_t cutout = 0;
  uint64_t seed = 0;
  uint32_t epoch = 0;
};

// Images of one part by their index in the training or the test file.
struct PartImages {
  bool test = false;
  std::vector<uint32_t> images;
};

class ImageDataset final : public run::Dataset {
 public:
  static base::Result<std::shared_ptr<ImageDataset>> Open(const run::DatasetOptions& options);
  static base::Result<std::shared_ptr<ImageDataset>> FromTensors(const run::TensorView& inputs,
                                                                 const run::TensorView& targets,
                                                                 const run::DatasetOptions& options);
  ~ImageDataset() override;

  // The data set behind `dataset` when this back end made it, else INVALID_ARGUMENT.
  static base::Result<const ImageDataset*> From(const run::Dataset* dataset);

  const run::DatasetInfo& info() const override { return info_; }
  // The first `limit` images of a part (0: all). FAILED_PRECONDITION when there are none.
  base::Result<PartImages> Images(run::Part part, uint64_t limit) const;
  uint64_t CountOf(run::Part part) const;

  // images [count, height, width, channels], normalised; targets [count]. Runs on the executor's thread.
  void FillBatch(const PartImages& part, size_t first, size_t count, const Augmentation* augmentation, float* images,
                 int64_t* targets) const;

 private:
  struct Half {
    std::vector<uint8_t> pixels;  // image, channel, row, column
    std::vector<float> values;    // the same, when made from tensors
    std::vector<int64_t> labels;
  };

  ImageDataset();
  base::Status Split(const run::DatasetOptions& options);
  base::Status SetNormalisation(const run::DatasetOptions& options);
  void MeasureNormalisation();
  void Digest();
  void FillImage(const Half& half, uint32_t image, const Augmentation* augmentation, float* out) const;

  run::DatasetInfo info_;
  Half train_;
  Half test_;
  std::vector<uint32_t> train_images_;
  std::vector<uint32_t> validation_images_;
  std::vector<float> pixel_values_;  // [channel][256]
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_DATASET_H_
