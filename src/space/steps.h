// What a network computes for one image, one tensor after another: the common ground of multiply-adds, parameters and
// the activation peak. It knows tensors and their lifetimes, not operators.
#ifndef NASSHRINK_SPACE_STEPS_H_
#define NASSHRINK_SPACE_STEPS_H_

#include <cstdint>
#include <vector>

#include "space/network_builder.h"

namespace nasshrink::space {

struct OperatorCost {
  uint64_t macs = 0;
  uint64_t params = 0;

  OperatorCost& operator+=(const OperatorCost& other);  // stops at the largest number instead of wrapping
};

// How the classifier's multiply-adds are counted.
enum class Counting : uint8_t {
  kConvFc,  // in * out, like a 1x1 convolution
  kThop,    // (2 * in - 1) * out: multiplications and additions apart, as the tool thop of ABS's published code does
};

// A tensor's id is its storage: a view of a part of a tensor has the storage of the whole.
class Steps final : public NetworkBuilder {
 public:
  explicit Steps(Counting counting = Counting::kConvFc) : counting_(counting) {}

  Counting counting() const { return counting_; }

  // A tensor that is there from the beginning; before any step.
  Tensor Input(const Shape& shape);
  // A step that reads `inputs` and writes a new tensor.
  Tensor Compute(const std::vector<Tensor>& inputs, const Shape& out, const OperatorCost& cost = {});
  // An element-wise step of two tensors with the shape of the first. It writes over an input of that size which nothing
  // reads later, else a new tensor.
  Tensor Merge(const Tensor& a, const Tensor& b);
  // The tensor is read after the last step.
  void Keep(const Tensor& tensor) { storages_[tensor.id].last = kForever; }

  Tensor Convolve(std::string_view name, const Tensor& in, const Shape& out, const Window& window) override;
  Tensor Normalise(std::string_view name, const Tensor& in, Affine affine) override;
  Tensor Activate(const Tensor& in, Function /*function*/) override { return in; }
  Tensor Pool(PoolKind /*kind*/, uint32_t /*kernel*/, const Tensor& in, const Shape& out) override {
    return Compute({in}, out);
  }
  Tensor Sum(const Tensor& a, const Tensor& b) override { return Merge(a, b); }
  Tensor Product(const Tensor& a, const Tensor& b) override { return Merge(a, b); }
  Tensor Concatenate(const std::vector<Tensor>& parts) override;
  Tensor TakeChannels(const Tensor& in, uint32_t first, uint32_t step, uint32_t count) override;
  Tensor Shift(const Tensor& in) override { return in; }
  Tensor Subsample(const Tensor& in, const Shape& out) override { return Compute({in}, out); }
  Tensor PixelMean(const Tensor& in) override { return Compute({in}, {in.shape.channels, 1, 1}); }
  Tensor Linear(std::string_view name, const Tensor& in, const Shape& out, bool bias) override;
  Tensor Zeros(const Shape& shape) override { return Compute({}, shape); }

  const OperatorCost& cost() const { return cost_; }
  // The part of cost().params that scales and shifts batch norms.
  uint64_t norm_params() const { return norm_params_; }

  // The most elements of tensors alive at once: a tensor lives from the step that writes it (an input from the
  // beginning) to the last step that reads it; a step's inputs and its result are alive together.
  uint64_t Peak() const;

 private:
  static constexpr uint32_t kForever = UINT32_MAX;
  struct Storage {
    uint64_t elements = 0;
    uint32_t last = 0;
  };
  struct Step {
    uint32_t out = 0;
    bool merge = false;
    uint32_t a = 0;
    uint32_t b = 0;
  };

  Tensor NewTensor(const Shape& shape, uint32_t last);
  void Read(const Tensor& tensor, uint32_t step);
  bool InPlace(uint32_t step) const;

  Counting counting_;
  std::vector<Storage> storages_;
  uint32_t inputs_ = 0;
  std::vector<Step> steps_;
  OperatorCost cost_;
  uint64_t norm_params_ = 0;
};

// Products and sums of costs stop at the largest number.
uint64_t Saturated(uint64_t a, uint64_t b);
template <typename... Rest>
uint64_t Saturated(uint64_t a, uint64_t b, Rest... rest) {
  return Saturated(Saturated(a, b), rest...);
}

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_STEPS_H_
