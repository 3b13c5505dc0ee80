#include "nn/head.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace nasshrink::nn {

template <typename T>
void Classify(const HeadSize& size, const T* features, const T* weight, const T* bias, T* logits) {
  for (int64_t n = 0; n < size.images; ++n) {
    const T* row = features + n * size.features;
    for (int k = 0; k < size.classes; ++k) {
      const T* column = weight + static_cast<int64_t>(k) * size.features;
      T sum = bias != nullptr ? bias[k] : T(0);
      for (int f = 0; f < size.features; ++f) sum += row[f] * column[f];
      logits[n * size.classes + k] = sum;
    }
  }
}

template <typename T>
void ClassifyBackward(const HeadSize& size, const T* features, const T* weight, const T* logit_gradient,
                      T* weight_gradient, T* bias_gradient, T* feature_gradient) {
  std::fill_n(weight_gradient, static_cast<int64_t>(size.classes) * size.features, T(0));
  if (bias_gradient != nullptr) std::fill_n(bias_gradient, size.classes, T(0));
  std::fill_n(feature_gradient, size.images * size.features, T(0));
  for (int64_t n = 0; n < size.images; ++n) {
    const T* row = features + n * size.features;
    T* row_gradient = feature_gradient + n * size.features;
    for (int k = 0; k < size.classes; ++k) {
      const T gradient = logit_gradient[n * size.classes + k];
      const int64_t column = static_cast<int64_t>(k) * size.features;
      if (bias_gradient != nullptr) bias_gradient[k] += gradient;
      for (int f = 0; f < size.features; ++f) {
        weight_gradient[column + f] += gradient * row[f];
        row_gradient[f] += gradient * weight[column + f];
      }
    }
  }
}

#define NASSHRINK_HEAD(T)                                                    \
  template void Classify(const HeadSize&, const T*, const T*, const T*, T*); \
  template void ClassifyBackward(const HeadSize&, const T*, const T*, const T*, T*, T*, T*);
NASSHRINK_HEAD(float)
NASSHRINK_HEAD(double)
#undef NASSHRINK_HEAD

LossOutcome CrossEntropy(int64_t images, int classes, const float* logits, const int64_t* targets, double smoothing,
                         float* logit_gradient) {
  LossOutcome outcome;
  const double spread = smoothing / classes;
  std::vector<double> exponentials(static_cast<size_t>(classes));
  for (int64_t n = 0; n < images; ++n) {
    const float* row = logits + n * classes;
    const auto target = static_cast<int>(targets[n]);
    const double top = *std::max_element(row, row + classes);
    double total = 0;
    double sum = 0;
    for (int k = 0; k < classes; ++k) {
      exponentials[static_cast<size_t>(k)] = std::exp(row[k] - top);
      total += exponentials[static_cast<size_t>(k)];
      sum += row[k];
    }
    const double log_total = std::log(total) + top;
    outcome.loss += (1 - smoothing) * (log_total - row[target]) + spread * (classes * log_total - sum);
    if (std::max_element(row, row + classes) - row == target) ++outcome.correct;
    if (std::count_if(row, row + classes, [&](float logit) { return logit > row[target]; }) < 5) ++outcome.top5;
    if (logit_gradient == nullptr) continue;
    for (int k = 0; k < classes; ++k) {
      const double wanted = spread + (k == target ? 1 - smoothing : 0);
      logit_gradient[n * classes + k] =
          static_cast<float>((exponentials[static_cast<size_t>(k)] / total - wanted) / static_cast<double>(images));
    }
  }
  outcome.loss /= static_cast<double>(images);
  return outcome;
}

}  // namespace nasshrink::nn
