#include "nn/adam.h"

#include <cmath>

namespace nasshrink::nn {

Adam::Adam(const Layout& layout, const run::OptimizerOptions& options) : Optimizer(layout, options) {
  AddSlot("first_moment");
  AddSlot("second_moment");
}

void Adam::Move(const Piece& piece, double rate, const float* gradient, float* weight) {
  const auto count = static_cast<double>(piece.counter);
  const double first_correction = 1 - std::pow(options_.beta1, count);
  const double second_correction = 1 - std::pow(options_.beta2, count);
  const auto step = static_cast<float>(rate / first_correction);
  const auto root = static_cast<float>(1 / std::sqrt(second_correction));
  const auto keep_first = static_cast<float>(options_.beta1);
  const auto keep_second = static_cast<float>(options_.beta2);
  const auto epsilon = static_cast<float>(options_.epsilon);
  float* const m = slot(0, piece);
  float* const v = slot(1, piece);
  for (size_t i = 0; i < piece.size; ++i) {
    const float g = (gradient != nullptr ? gradient[i] : 0.0F) + piece.decay * weight[i];
    m[i] = keep_first * m[i] + (1 - keep_first) * g;
    v[i] = keep_second * v[i] + (1 - keep_second) * g * g;
    weight[i] -= step * m[i] / (std::sqrt(v[i]) * root + epsilon);
  }
}

}  // namespace nasshrink::nn
