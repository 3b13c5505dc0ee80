// What a network computes for one image, one tensor after another: the common ground of multiply-adds, parameters and
// the activation peak. It knows tensors and their lifetimes, not operators.
#ifndef NASSHRINK_SPACE_STEPS_H_
#define NASSHRINK_SPACE_STEPS_H_

#include <cstdint>
#include <vector>

#include "space/validate_network.h"

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

// What a step reads or writes; a view of a part of a tensor has the storage of the whole.
struct Tensor {
  uint32_t storage = 0;
  Shape shape;
};

class Steps {
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
  // Scale and shift of a batch norm, which is computed in place.
  void Norm(const Tensor& tensor);
  // The tensor is read after the last step.
  void Keep(const Tensor& tensor) { storages_[tensor.storage].last = kForever; }

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

inline uint64_t Pixels(const Shape& shape) { return uint64_t{shape.height} * shape.width; }
inline bool SameSize(const Shape& a, const Shape& b) { return a.height == b.height && a.width == b.width; }
inline bool SameShape(const Shape& a, const Shape& b) { return a.channels == b.channels && SameSize(a, b); }

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_STEPS_H_
