// Images split into training, validation and test parts: bytes or numbers in memory, or files decoded when needed.
//
// What an image becomes depends on the image, the seed and the epoch alone, so neither order nor number of threads
// matters. Batches are read through BatchSource. Safe to use from several threads.
#ifndef NASSHRINK_NN_DATASET_H_
#define NASSHRINK_NN_DATASET_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "nn/augmentation.h"
#include "nn/image_source.h"
#include "nn/image_writer.h"
#include "run/backend.h"

namespace nasshrink::nn {

// Images of one part by their index in the training or the test files.
struct PartImages {
  bool test = false;
  std::vector<uint32_t> images;
};

class ImageDataset final : public run::Dataset {
 public:
  // `backend` gives the workers that decode and the memory that images may take.
  static base::Result<std::shared_ptr<ImageDataset>> Open(const run::DatasetOptions& options,
                                                          const run::BackendOptions& backend = {});
  static base::Result<std::shared_ptr<ImageDataset>> FromTensors(const run::TensorView& inputs,
                                                                 const run::TensorView& targets,
                                                                 const run::DatasetOptions& options,
                                                                 const run::BackendOptions& backend = {});
  ~ImageDataset() override;

  // The data set behind `dataset` when this back end made it, else INVALID_ARGUMENT.
  static base::Result<const ImageDataset*> From(const run::Dataset* dataset);

  const run::DatasetInfo& info() const override { return info_; }
  // The first `limit` images of a part (0: all). FAILED_PRECONDITION when there are none.
  base::Result<PartImages> Images(run::Part part, uint64_t limit) const;
  uint64_t CountOf(run::Part part) const;

  // Numbers of an image.
  size_t image_size() const { return size_t{info_.channels} * info_.height * info_.width; }
  // Threads for images that are made ahead of their use.
  uint32_t workers() const { return workers_; }
  // Whether making an image takes so long that it should be done ahead.
  bool IsCostly(const std::optional<Augmentation>& augmentation) const;
  // One image [height, width, channels], normalised, and its label. DATA_LOSS and the like name the file at fault;
  // FAILED_PRECONDITION when its pictures cannot be changed as asked.
  base::Status Fill(bool test, uint32_t image, const Augmentation* augmentation, float* out, int64_t* target) const;

 private:
  ImageDataset();
  static base::Result<std::shared_ptr<ImageDataset>> Make(ImageSource source, const run::DatasetOptions& options,
                                                          const run::BackendOptions& backend);
  void DrawLabels(const run::DatasetOptions& options);
  base::Status Split(const run::DatasetOptions& options);
  base::Status SetNormalisation(const run::DatasetOptions& options);
  void MeasureNormalisation();
  void Digest();
  base::Result<Picture> PictureOf(const ImageHalf& half, uint32_t image, const Augmentation* augmentation) const;
  ImageShape shape() const { return {info_.channels, info_.height, info_.width}; }

  run::DatasetInfo info_;
  uint32_t workers_ = 1;
  ImageSource source_;
  std::vector<uint32_t> train_images_;
  std::vector<uint32_t> validation_images_;
  ByteValues byte_values_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_DATASET_H_
