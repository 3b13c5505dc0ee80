#include "nn/sgd.h"

namespace nasshrink::nn {

Sgd::Sgd(const Layout& layout, const run::OptimizerOptions& options) : Optimizer(layout, options) {
  AddSlot("momentum");
}

void Sgd::Move(const Piece& piece, double rate, const float* gradient, float* weight) {
  const auto step = static_cast<float>(rate);
  const auto keep = static_cast<float>(options_.momentum);
  float* const m = slot(0, piece);
  for (size_t i = 0; i < piece.size; ++i) {
    const float g = (gradient != nullptr ? gradient[i] : 0.0F) + piece.decay * weight[i];
    m[i] = keep * m[i] + g;
    weight[i] -= step * (options_.nesterov ? g + keep * m[i] : m[i]);
  }
}

}  // namespace nasshrink::nn
