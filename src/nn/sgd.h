// Stochastic gradient descent with momentum.
//
// The update is PyTorch's SGD (dampening 0): g += decay * w; m = momentum * m + g; w -= rate * (nesterov ? g +
// momentum * m : m).
#ifndef NASSHRINK_NN_SGD_H_
#define NASSHRINK_NN_SGD_H_

#include "nn/optimizer.h"

namespace nasshrink::nn {

class Sgd final : public Optimizer {
 public:
  Sgd(const Layout& layout, const run::OptimizerOptions& options);

 private:
  void Move(const Piece& piece, double rate, const float* gradient, float* weight) override;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_SGD_H_
