// The images that the text of a source names ("fashion-mnist", "images:DIR", ...), and their labels.
#ifndef NASSHRINK_NN_IMAGE_SOURCE_H_
#define NASSHRINK_NN_IMAGE_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "run/backend.h"

namespace nasshrink::nn {

// The training files or the test files. One of the first three holds the images.
struct ImageHalf {
  std::vector<uint8_t> pixels;  // image, channel, row, column
  std::vector<float> values;    // the same, when made from tensors
  std::vector<std::string> paths;
  std::vector<uint64_t> file_sizes;  // of `paths`
  std::vector<int64_t> labels;       // empty when they were not asked for
};

struct ImageSource {
  uint32_t channels = 0;
  uint32_t height = 0;
  uint32_t width = 0;
  uint32_t classes = 0;  // 0 when labels are not known
  ImageHalf train;
  ImageHalf test;
  uint64_t train_count = 0;
  uint64_t test_count = 0;
  // The last images of `train` that are a validation part of their own; 0: it is held out of them.
  uint64_t validation_count = 0;
  std::string folder;  // that `paths` lie in
};

// Labels are not read when the options ask for random ones. Errors name the file or folder at fault; INVALID_ARGUMENT
// for a text that names no source, RESOURCE_EXHAUSTED for images that pass the memory limit of `backend`.
base::Result<ImageSource> ReadImageSource(const run::DatasetOptions& options, const run::BackendOptions& backend);

// From tensors that have been checked; labels are not read when the options ask for random ones.
base::Result<ImageSource> CopyTensors(const run::TensorView& inputs, const run::TensorView& targets,
                                      const run::DatasetOptions& options, const run::BackendOptions& backend);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_IMAGE_SOURCE_H_
