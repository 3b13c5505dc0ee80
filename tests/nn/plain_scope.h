// Where the plain network of the tests finds its tensors, and the few layers that everything is made of.
//
// The tensors are leaves of torch's own autograd; a missing one, or one of another shape than the papers give it, is an
// error that names it. Batch norm uses the batch's moments (biased variance, eps 1e-5), or running statistics.
#ifndef NASSHRINK_TESTS_NN_PLAIN_SCOPE_H_
#define NASSHRINK_TESTS_NN_PLAIN_SCOPE_H_

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <string>

namespace nasshrink::nn {

// By name: weights, and of batch norms M also "M.running_mean" and "M.running_var" where those are used.
class PlainTensors {
 public:
  // With `makes_missing` a tensor that is not there is made when a network asks for it: what a network consists of.
  explicit PlainTensors(bool makes_missing = false) : makes_missing_(makes_missing) {}

  void Add(const std::string& name, const at::Tensor& tensor) { tensors_[name] = tensor; }
  at::Tensor Find(const std::string& name, at::IntArrayRef shape);
  const std::map<std::string, at::Tensor>& all() const { return tensors_; }

 private:
  const bool makes_missing_;
  std::map<std::string, at::Tensor> tensors_;
};

// A square window. The picture becomes ceil(side / stride): borders are padded with zeros.
struct PlainWindow {
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t groups = 1;
};

class PlainScope {
 public:
  PlainScope(PlainTensors& tensors, bool running) : tensors_(&tensors), running_(running) {}

  // The scope "<this scope>.name".
  PlainScope Below(const std::string& name) const;
  // The same place with batch norms that have a scale and a shift, or none.
  PlainScope Affine(bool affine) const;

  // x [n, in, h, w] -> [n, out, ...], weight "name.weight" [out, in / groups, kernel, kernel] and no bias.
  at::Tensor Convolve(const at::Tensor& x, const std::string& name, int64_t out, const PlainWindow& window) const;
  // Batch norm "name", with "name.weight" and "name.bias" where the scope is affine.
  at::Tensor Normalise(const at::Tensor& x, const std::string& name) const;
  // 1x1 convolution with "name.weight" [out, in, 1, 1] and "name.bias" [out].
  at::Tensor Mix(const at::Tensor& x, const std::string& name, int64_t out) const;
  // x [n, in, 1, 1] -> [n, out, 1, 1], with "weight" [out, in] and "bias" [out].
  at::Tensor Classify(const at::Tensor& x, int64_t out, bool bias) const;

 private:
  at::Tensor Find(const std::string& name, at::IntArrayRef shape) const {
    return tensors_->Find(prefix_ + name, shape);
  }

  PlainTensors* tensors_;
  bool running_;
  bool affine_ = true;
  std::string prefix_;  // with its last dot
};

// "none", "relu", "relu6", "swish", "h_swish", "sigmoid", "hard_sigmoid".
at::Tensor PlainActivation(const std::string& name, const at::Tensor& x);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_TESTS_NN_PLAIN_SCOPE_H_
