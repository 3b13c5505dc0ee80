#include "space/steps.h"

#include <algorithm>

namespace nasshrink::space {
namespace {

uint64_t SaturatedSum(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

}  // namespace

OperatorCost& OperatorCost::operator+=(const OperatorCost& other) {
  macs = SaturatedSum(macs, other.macs);
  params = SaturatedSum(params, other.params);
  return *this;
}

uint64_t Saturated(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

Tensor Steps::NewTensor(const Shape& shape, uint32_t last) {
  storages_.push_back({Saturated(shape.channels, shape.height, shape.width), last});
  return {static_cast<uint32_t>(storages_.size() - 1), shape};
}

void Steps::Read(const Tensor& tensor, uint32_t step) {
  uint32_t& last = storages_[tensor.id].last;
  last = std::max(last, step);
}

Tensor Steps::Input(const Shape& shape) {
  ++inputs_;
  return NewTensor(shape, 0);
}

Tensor Steps::Compute(const std::vector<Tensor>& inputs, const Shape& out, const OperatorCost& cost) {
  const auto step = static_cast<uint32_t>(steps_.size());
  for (const Tensor& input : inputs) Read(input, step);
  const Tensor tensor = NewTensor(out, step);
  steps_.push_back({tensor.id});
  cost_ += cost;
  return tensor;
}

Tensor Steps::Merge(const Tensor& a, const Tensor& b) {
  const Tensor tensor = Compute({a, b}, a.shape);
  steps_.back().merge = true;
  steps_.back().a = a.id;
  steps_.back().b = b.id;
  return tensor;
}

// A bias adds no multiply-adds.
Tensor Steps::Convolve(std::string_view /*name*/, const Tensor& in, const Shape& out, const Window& window) {
  const uint64_t weights = Saturated(window.kernel, window.kernel, in.shape.channels / window.groups, out.channels);
  const uint64_t bias = window.bias ? out.channels : 0;
  return Compute({in}, out, {Saturated(weights, Pixels(out)), SaturatedSum(weights, bias)});
}

// In place.
Tensor Steps::Normalise(std::string_view /*name*/, const Tensor& in, Affine affine) {
  if (affine == Affine::kNever) return in;
  const uint64_t params = uint64_t{2} * in.shape.channels;
  cost_ += {0, params};
  norm_params_ = SaturatedSum(norm_params_, params);
  return in;
}

Tensor Steps::Concatenate(const std::vector<Tensor>& parts) {
  Shape shape = parts.front().shape;
  shape.channels = 0;
  for (const Tensor& part : parts) shape.channels += part.shape.channels;
  return Compute(parts, shape);
}

Tensor Steps::TakeChannels(const Tensor& in, uint32_t /*first*/, uint32_t /*step*/, uint32_t count) {
  Tensor view = in;
  view.shape.channels = count;
  return view;
}

Tensor Steps::Linear(std::string_view /*name*/, const Tensor& in, const Shape& out, bool bias) {
  const uint64_t weights = Saturated(in.shape.channels, out.channels);
  const uint64_t macs = counting_ == Counting::kThop ? 2 * weights - out.channels : weights;
  return Compute({in}, out, {macs, weights + (bias ? out.channels : 0)});
}

bool Steps::InPlace(uint32_t step) const {
  const Step& merge = steps_[step];
  if (!merge.merge) return false;
  const auto gives = [&](uint32_t storage) {
    return storages_[storage].last == step && storages_[storage].elements == storages_[merge.out].elements;
  };
  return gives(merge.a) || gives(merge.b);
}

uint64_t Steps::Peak() const {
  uint64_t alive = 0;
  for (uint32_t i = 0; i < inputs_; ++i) alive = SaturatedSum(alive, storages_[i].elements);
  std::vector<uint64_t> dying(steps_.size(), 0);
  for (const Storage& storage : storages_) {
    if (storage.last < steps_.size()) dying[storage.last] = SaturatedSum(dying[storage.last], storage.elements);
  }
  uint64_t peak = alive;
  for (uint32_t step = 0; step < steps_.size(); ++step) {
    const uint64_t out = storages_[steps_[step].out].elements;
    alive = SaturatedSum(alive, out);
    peak = std::max(peak, InPlace(step) ? alive - out : alive);
    alive -= std::min(alive, dying[step]);
  }
  return peak;
}

}  // namespace nasshrink::space
