// Adam (Kingma and Ba 2015, Algorithm 1), with decay added to the gradient as PyTorch's Adam does.
//
// Its bias corrections count the steps of each parameter by itself, so an operator that is sampled for the first time
// late in training starts as it would have at the beginning.
#ifndef NASSHRINK_NN_ADAM_H_
#define NASSHRINK_NN_ADAM_H_

#include "nn/optimizer.h"

namespace nasshrink::nn {

class Adam final : public Optimizer {
 public:
  Adam(const Layout& layout, const run::OptimizerOptions& options);

 private:
  void Move(const Piece& piece, double rate, const float* gradient, float* weight) override;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_ADAM_H_
