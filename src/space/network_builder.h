// The primitives that operators are made of. Whoever wants to know what a network computes derives from this class:
// space/steps.h counts costs, nn/ lays out weights and makes programs. It must not know operators, which are one
// function each in space/build_operator.cc.
#ifndef NASSHRINK_SPACE_NETWORK_BUILDER_H_
#define NASSHRINK_SPACE_NETWORK_BUILDER_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "space/validate_network.h"

namespace nasshrink::space {

// A value on its way through the network, for one image; `id` is the builder's own.
struct Tensor {
  uint32_t id = 0;
  Shape shape;
};

struct Window {
  uint32_t kernel = 1;
  uint32_t groups = 1;
  uint32_t dilation = 1;
  bool bias = false;
};

enum class Function : uint8_t { kRelu, kRelu6, kSwish, kHardSwish, kSigmoid, kHardSigmoid };

enum class PoolKind : uint8_t { kAverage, kMax };

// When a batch norm has scale and shift: in supernets and stand-alone children, in stand-alone children alone, never.
enum class Affine : uint8_t { kAlways, kStandAlone, kNever };

// A part of the network that has a name of its own.
struct Scope {
  enum class Kind : uint8_t {
    kLayer,       // `index` of network.layers
    kCandidate,   // `candidate` of `choice`, in a layer
    kEdge,        // the same on edge `index` of a cell, which goes `from` -> `to`
    kInnerEdge,   // edge `index` of a cell that is itself a candidate
    kPreprocess,  // input `index` of a cell
    kPart,        // part `name` of an operator
  };
  Kind kind = Kind::kPart;
  uint32_t index = 0;
  uint32_t choice = 0;
  uint32_t candidate = 0;
  uint32_t from = 0;
  uint32_t to = 0;
  std::string_view name;
};

// Results have the shape `out` where it is given, else the input's. A picture of another size than the input's means a
// stride: the smallest that makes it, rows and columns apart; the size is divided by it and rounded up. Windows are
// centred, with zeros (max pools: nothing) beyond the border.
class NetworkBuilder {
 public:
  virtual ~NetworkBuilder() = default;

  // `name` is that of the module inside the scope, "" or a word without dots at its ends.
  virtual Tensor Convolve(std::string_view name, const Tensor& in, const Shape& out, const Window& window) = 0;
  virtual Tensor Normalise(std::string_view name, const Tensor& in, Affine affine) = 0;
  virtual Tensor Activate(const Tensor& in, Function function) = 0;
  // An average leaves the cells beyond the border out of the count. An even kernel has no border: it starts at the
  // pixel.
  virtual Tensor Pool(PoolKind kind, uint32_t kernel, const Tensor& in, const Shape& out) = 0;
  virtual Tensor Sum(const Tensor& a, const Tensor& b) = 0;
  // `b` may be one pixel with as many channels: a factor for each channel.
  virtual Tensor Product(const Tensor& a, const Tensor& b) = 0;
  virtual Tensor Concatenate(const std::vector<Tensor>& parts) = 0;
  // Channels first, first + step, ... `count` of them.
  virtual Tensor TakeChannels(const Tensor& in, uint32_t first, uint32_t step, uint32_t count) = 0;
  // Pixel (y + 1, x + 1) at (y, x); zeros in the last row and column.
  virtual Tensor Shift(const Tensor& in) = 0;
  // Every n-th pixel of every n-th row.
  virtual Tensor Subsample(const Tensor& in, const Shape& out) = 0;
  virtual Tensor PixelMean(const Tensor& in) = 0;
  // The classifier.
  virtual Tensor Linear(std::string_view name, const Tensor& in, const Shape& out, bool bias) = 0;
  virtual Tensor Zeros(const Shape& shape) = 0;

  // What a candidate of a choice puts out where the choice stands, in the scope of that place.
  virtual Tensor Chosen(const Tensor& in, uint32_t /*choice*/, uint32_t /*candidate*/) { return in; }

  // What leaves a layer of the network, told as soon as it is made.
  virtual void Made(uint32_t /*layer*/, const Tensor& /*out*/) {}

  void Enter(const Scope& scope);
  void Leave();
  // Inside an edge of a cell or its preprocessing, where batch norms of supernets have no scale and shift (DARTS and
  // NAS-Bench-201 code).
  bool on_edge() const { return edges_ > 0; }

 protected:
  virtual void Entered(const Scope& /*scope*/) {}
  virtual void Left(const Scope& /*scope*/) {}

 private:
  std::vector<Scope> scopes_;
  uint32_t edges_ = 0;
};

class InScope {
 public:
  InScope(NetworkBuilder* builder, const Scope& scope) : builder_(builder) { builder_->Enter(scope); }
  InScope(NetworkBuilder* builder, std::string_view part)
      : InScope(builder, Scope{Scope::Kind::kPart, 0, 0, 0, 0, 0, part}) {}
  InScope(const InScope&) = delete;
  InScope& operator=(const InScope&) = delete;
  ~InScope() { builder_->Leave(); }

 private:
  NetworkBuilder* const builder_;
};

inline uint64_t Pixels(const Shape& shape) { return uint64_t{shape.height} * shape.width; }
inline bool SameSize(const Shape& a, const Shape& b) { return a.height == b.height && a.width == b.width; }
inline bool SameShape(const Shape& a, const Shape& b) { return a.channels == b.channels && SameSize(a, b); }

// The smallest stride that turns `in` rows (or columns) into `out`; 0 when none does.
uint32_t StrideOf(uint32_t in, uint32_t out);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_NETWORK_BUILDER_H_
