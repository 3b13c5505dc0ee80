// Images of one size with their labels, as the readers of image files hand them over.
#ifndef NASSHRINK_NN_LABELLED_IMAGES_H_
#define NASSHRINK_NN_LABELLED_IMAGES_H_

#include <cstdint>
#include <vector>

namespace nasshrink::nn {

// Pixels are image, channel, row, column. `labels` is empty when no labels were asked for.
struct LabelledImages {
  uint32_t channels = 0;
  uint32_t height = 0;
  uint32_t width = 0;
  std::vector<uint8_t> pixels;
  std::vector<int64_t> labels;

  uint64_t image_size() const { return uint64_t{channels} * height * width; }
  uint64_t count() const { return pixels.empty() ? 0 : pixels.size() / image_size(); }
};

struct TrainAndTest {
  LabelledImages train;
  LabelledImages test;
  uint32_t classes = 0;
};

// What a reader is asked for.
struct ReadRequest {
  // The first images of the training and of the test files; 0 is all.
  uint64_t limit_train = 0;
  uint64_t limit_test = 0;
  // Most bytes of pixels that one file may take, compared before memory is asked for.
  uint64_t max_bytes = uint64_t{1} << 34U;
  // False: labels are not looked at, and files of labels not opened.
  bool labels = true;
  // Threads that decode, the calling one included.
  uint32_t workers = 1;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_LABELLED_IMAGES_H_
