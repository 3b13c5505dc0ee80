#include "nn/plain_scope.h"

#include <vector>

namespace nasshrink::nn {
namespace {

constexpr double kEpsilon = 1e-5;

at::Tensor ByChannel(const at::Tensor& values) { return values.view({1, -1, 1, 1}); }

}  // namespace

at::Tensor PlainTensors::Find(const std::string& name, at::IntArrayRef shape) {
  auto found = tensors_.find(name);
  if (found == tensors_.end() && makes_missing_)
    found = tensors_.emplace(name, at::rand(shape).set_requires_grad(true)).first;
  TORCH_CHECK(found != tensors_.end(), "there is no tensor ", name);
  TORCH_CHECK(found->second.sizes() == shape, name, " is ", found->second.sizes(), ", not ", shape);
  return found->second;
}

PlainScope PlainScope::Below(const std::string& name) const {
  PlainScope scope = *this;
  scope.prefix_ += name + ".";
  return scope;
}

PlainScope PlainScope::Affine(bool affine) const {
  PlainScope scope = *this;
  scope.affine_ = affine;
  return scope;
}

at::Tensor PlainScope::Convolve(const at::Tensor& x, const std::string& name, int64_t out,
                                const PlainWindow& window) const {
  const at::Tensor weight = Find(name + ".weight", {out, x.size(1) / window.groups, window.kernel, window.kernel});
  const int64_t padding = window.dilation * (window.kernel - 1) / 2;
  return at::conv2d(x, weight, {}, window.stride, padding, window.dilation, window.groups);
}

at::Tensor PlainScope::Normalise(const at::Tensor& x, const std::string& name) const {
  const int64_t channels = x.size(1);
  const at::Tensor mean = running_ ? Find(name + ".running_mean", {channels}) : x.mean({0, 2, 3});
  const at::Tensor centred = x - ByChannel(mean);
  const at::Tensor variance = running_ ? Find(name + ".running_var", {channels}) : centred.square().mean({0, 2, 3});
  const at::Tensor normal = centred / ByChannel((variance + kEpsilon).sqrt());
  if (!affine_) return normal;
  return normal * ByChannel(Find(name + ".weight", {channels})) + ByChannel(Find(name + ".bias", {channels}));
}

at::Tensor PlainScope::Mix(const at::Tensor& x, const std::string& name, int64_t out) const {
  return at::conv2d(x, Find(name + ".weight", {out, x.size(1), 1, 1}), Find(name + ".bias", {out}));
}

at::Tensor PlainScope::Classify(const at::Tensor& x, int64_t out, bool bias) const {
  const at::Tensor logits = at::matmul(x.flatten(1), Find("weight", {out, x.size(1)}).t());
  return (bias ? logits + Find("bias", {out}) : logits).view({x.size(0), out, 1, 1});
}

at::Tensor PlainActivation(const std::string& name, const at::Tensor& x) {
  if (name == "none") return x;
  if (name == "relu") return at::relu(x);
  if (name == "relu6") return at::clamp(x, 0, 6);
  if (name == "sigmoid") return at::sigmoid(x);
  if (name == "hard_sigmoid") return at::clamp(x + 3, 0, 6) / 6;
  if (name == "swish") return x * at::sigmoid(x);
  if (name == "h_swish") return x * at::clamp(x + 3, 0, 6) / 6;
  TORCH_CHECK(false, "there is no activation ", name);
}

}  // namespace nasshrink::nn
