// The end of the network: classifier, cross-entropy with label smoothing, and their gradients. Small, so plain loops.
#ifndef NASSHRINK_NN_HEAD_H_
#define NASSHRINK_NN_HEAD_H_

#include <cstdint>
#include <vector>

namespace nasshrink::nn {

struct HeadSize {
  int64_t images = 0;
  int features = 0;
  int classes = 0;
};

// logits [images, classes] = features [images, features] * weight^T + bias; no bias and no gradient of it where they
// are null. T is float or double.
template <typename T>
void Classify(const HeadSize& size, const T* features, const T* weight, const T* bias, T* logits);
template <typename T>
void ClassifyBackward(const HeadSize& size, const T* features, const T* weight, const T* logit_gradient,
                      T* weight_gradient, T* bias_gradient, T* feature_gradient);

struct LossOutcome {
  double loss = 0;       // mean over the images
  uint64_t correct = 0;  // images whose largest logit is their class
  uint64_t top5 = 0;     // images with fewer than five logits above that of their class
};

// Targets are 0..classes-1. With smoothing s the target distribution is 1 - s on the class plus s / classes on each
// (PyTorch's definition). `logit_gradient` may be null.
LossOutcome CrossEntropy(int64_t images, int classes, const float* logits, const int64_t* targets, double smoothing,
                         float* logit_gradient);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_HEAD_H_
