#include "nn/operations.h"

#include <algorithm>
#include <utility>

#include "nn/auxiliary_head.h"
#include "nn/named_builder.h"
#include "space/build_network.h"

namespace nasshrink::nn {
namespace {

using space::Tensor;
using Kind = Operation::Kind;

class Recorder final : public NamedBuilder {
 public:
  Recorder(const NetworkPlan& plan, const Mixture* mixture, Drops drops)
      : NamedBuilder(plan), mixture_(mixture), drops_(drops) {}

  Operations Record(const std::vector<space::Picks>& picks, Heads heads);
  Operations RecordLayer(uint32_t layer, const space::Picks& picks);

  Tensor Convolve(std::string_view name, const Tensor& in, const space::Shape& out,
                  const space::Window& window) override;
  Tensor Normalise(std::string_view name, const Tensor& in, space::Affine affine) override;
  Tensor Activate(const Tensor& in, space::Function function) override;
  Tensor Pool(space::PoolKind kind, uint32_t kernel, const Tensor& in, const space::Shape& out) override;
  Tensor Sum(const Tensor& a, const Tensor& b) override;
  Tensor Product(const Tensor& a, const Tensor& b) override;
  Tensor Concatenate(const std::vector<Tensor>& parts) override;
  Tensor TakeChannels(const Tensor& in, uint32_t first, uint32_t step, uint32_t count) override;
  Tensor Shift(const Tensor& in) override;
  Tensor Subsample(const Tensor& in, const space::Shape& out) override;
  Tensor PixelMean(const Tensor& in) override;
  Tensor Linear(std::string_view name, const Tensor& in, const space::Shape& out, bool bias) override;
  Tensor Zeros(const space::Shape& shape) override { return Add(Make(Kind::kZeros, {}, shape)); }
  Tensor CornerMeans(const Tensor& in, uint32_t side) override;
  Tensor Chosen(const Tensor& in, uint32_t choice, uint32_t candidate) override;
  void Made(uint32_t layer, const Tensor& out) override {
    if (layer == plan().auxiliary_layer) reduced_ = out;
  }

 protected:
  void Entered(const space::Scope& scope) override;

 private:
  Tensor Gated(const Tensor& in, uint32_t choice, uint32_t candidate);
  bool Dropped(const Tensor& result) const;
  Operation Make(Kind kind, const std::vector<Tensor>& inputs, const space::Shape& shape) const;
  Tensor Add(Operation operation);
  bool IsZeros(const Tensor& tensor) const { return out_.list[tensor.id].kind == Kind::kZeros; }
  uint32_t ParameterOf(std::string_view module, const char* suffix) const {
    return plan().parameters.at(NameOf(module) + suffix);
  }

  const Mixture* const mixture_;
  const Drops drops_;
  uint32_t edge_begin_ = 0;  // operations there were before the open edge
  Tensor reduced_;           // what an auxiliary head reads
  Operations out_;
};

Operation Recorder::Make(Kind kind, const std::vector<Tensor>& inputs, const space::Shape& shape) const {
  Operation operation;
  operation.kind = kind;
  for (const Tensor& input : inputs) operation.inputs.push_back(input.id);
  operation.shape = shape;
  operation.layer = layer();
  return operation;
}

Tensor Recorder::Add(Operation operation) {
  const space::Shape shape = operation.shape;
  out_.list.push_back(std::move(operation));
  return {static_cast<uint32_t>(out_.list.size() - 1), shape};
}

Tensor Recorder::Convolve(std::string_view name, const Tensor& in, const space::Shape& out,
                          const space::Window& window) {
  if (on_edge() && IsZeros(in)) return Zeros(out);
  Operation operation = Make(Kind::kConvolve, {in}, out);
  operation.window = window;
  operation.weight = ParameterOf(name, ".weight");
  if (window.bias) operation.bias = ParameterOf(name, ".bias");
  return Add(std::move(operation));
}

Tensor Recorder::Normalise(std::string_view name, const Tensor& in, space::Affine affine) {
  if (on_edge() && IsZeros(in)) return in;
  Operation operation = Make(Kind::kNormalise, {in}, in.shape);
  operation.norm.statistics = plan().statistics.at(NameOf(name));
  operation.norm.affine =
      affine == space::Affine::kAlways || (affine == space::Affine::kStandAlone && plan().stand_alone);
  if (operation.norm.affine) {
    operation.norm.scale = ParameterOf(name, ".weight");
    operation.norm.shift = ParameterOf(name, ".bias");
  }
  return Add(std::move(operation));
}

Tensor Recorder::Activate(const Tensor& in, space::Function function) {
  const bool keeps_zeros = function != space::Function::kSigmoid && function != space::Function::kHardSigmoid;
  if (keeps_zeros && IsZeros(in)) return in;
  Operation operation = Make(Kind::kActivate, {in}, in.shape);
  operation.function = function;
  return Add(std::move(operation));
}

Tensor Recorder::Pool(space::PoolKind kind, uint32_t kernel, const Tensor& in, const space::Shape& out) {
  if (IsZeros(in)) return Zeros(out);
  Operation operation = Make(Kind::kPool, {in}, out);
  operation.pool = kind;
  operation.kernel = kernel;
  return Add(std::move(operation));
}

Tensor Recorder::Sum(const Tensor& a, const Tensor& b) {
  if (IsZeros(a)) return b;
  if (IsZeros(b)) return a;
  return Add(Make(Kind::kSum, {a, b}, a.shape));
}

Tensor Recorder::Product(const Tensor& a, const Tensor& b) {
  if (IsZeros(a)) return a;
  if (IsZeros(b)) return Zeros(a.shape);
  const bool by_channel = !space::SameSize(a.shape, b.shape);
  return Add(Make(by_channel ? Kind::kScale : Kind::kProduct, {a, b}, a.shape));
}

Tensor Recorder::Concatenate(const std::vector<Tensor>& parts) {
  space::Shape shape = parts.front().shape;
  shape.channels = 0;
  for (const Tensor& part : parts) shape.channels += part.shape.channels;
  if (std::all_of(parts.begin(), parts.end(), [&](const Tensor& part) { return IsZeros(part); })) return Zeros(shape);
  return Add(Make(Kind::kConcatenate, parts, shape));
}

Tensor Recorder::TakeChannels(const Tensor& in, uint32_t first, uint32_t step, uint32_t count) {
  const space::Shape shape = {count, in.shape.height, in.shape.width};
  if (IsZeros(in)) return Zeros(shape);
  Operation operation = Make(Kind::kTakeChannels, {in}, shape);
  operation.first = first;
  operation.step = step;
  return Add(std::move(operation));
}

Tensor Recorder::Shift(const Tensor& in) { return IsZeros(in) ? in : Add(Make(Kind::kShift, {in}, in.shape)); }

Tensor Recorder::Subsample(const Tensor& in, const space::Shape& out) {
  return IsZeros(in) ? Zeros(out) : Add(Make(Kind::kSubsample, {in}, out));
}

Tensor Recorder::PixelMean(const Tensor& in) { return Add(Make(Kind::kPixelMean, {in}, {in.shape.channels, 1, 1})); }

Tensor Recorder::Linear(std::string_view name, const Tensor& in, const space::Shape& out, bool bias) {
  Operation operation = Make(Kind::kLinear, {in}, out);
  operation.weight = ParameterOf(name, ".weight");
  if (bias) operation.bias = ParameterOf(name, ".bias");
  return Add(std::move(operation));
}

Tensor Recorder::CornerMeans(const Tensor& in, uint32_t side) {
  const space::Shape shape = {in.shape.channels, 2, 2};
  if (IsZeros(in)) return Zeros(shape);
  Operation operation = Make(Kind::kPool, {in}, shape);
  operation.kernel = side;
  operation.inside = true;
  return Add(std::move(operation));
}

void Recorder::Entered(const space::Scope& scope) {
  if (scope.kind == space::Scope::Kind::kEdge) edge_begin_ = static_cast<uint32_t>(out_.list.size());
  NamedBuilder::Entered(scope);
}

// An identity that keeps the shape puts out what came in, which was there before the edge.
bool Recorder::Dropped(const Tensor& result) const {
  if (drops_ == Drops::kNone || !on_edge() || IsZeros(result)) return false;
  return (result.id < edge_begin_) == (drops_ == Drops::kIdentities);
}

Tensor Recorder::Chosen(const Tensor& in, uint32_t choice, uint32_t candidate) {
  if (!Dropped(in)) return Gated(in, choice, candidate);
  Operation operation = Make(Kind::kDrop, {in}, in.shape);
  operation.place = out_.drops++;
  return Gated(Add(std::move(operation)), choice, candidate);
}

Tensor Recorder::Gated(const Tensor& in, uint32_t choice, uint32_t candidate) {
  if (mixture_ == nullptr || IsZeros(in)) return in;
  const auto& mixed = (*mixture_)[choice];
  const auto found =
      std::find_if(mixed.begin(), mixed.end(), [&](const MixedCandidate& one) { return one.candidate == candidate; });
  Operation operation = Make(Kind::kGate, {in}, in.shape);
  operation.gate = found->gate;
  operation.flows = found->flows;
  return Add(std::move(operation));
}

Operations Recorder::Record(const std::vector<space::Picks>& picks, Heads heads) {
  const Tensor images = Add(Make(Kind::kImages, {}, plan().shapes[0]));
  // The plan was made by building all candidates, so this cannot fail.
  out_.result = space::BuildNetwork(plan().space, plan().shapes, picks, images, this)->id;
  if (heads == Heads::kBoth) {
    out_.auxiliary = BuildAuxiliaryHead(reduced_, plan().space.network.classes, this).id;
  }
  return std::move(out_);
}

Operations Recorder::RecordLayer(uint32_t layer, const space::Picks& picks) {
  const Tensor images = Add(Make(Kind::kImages, {}, plan().shapes[layer]));
  out_.result = space::BuildLayer(plan().space, plan().shapes, picks, layer, images, this)->id;
  return std::move(out_);
}

}  // namespace

Operations OperationsOf(const NetworkPlan& plan, const std::vector<space::Architecture>& cells, Drops drops,
                        Heads heads) {
  std::vector<space::Picks> picks;
  for (const space::Architecture& cell : cells) picks.push_back(space::PicksOf(cell));
  return Recorder(plan, nullptr, drops).Record(picks, heads);
}

Operations OperationsOf(const NetworkPlan& plan, const Mixture& mixture, Drops drops) {
  space::Picks picks;
  uint32_t gates = 0;
  for (const auto& mixed : mixture) {
    std::vector<uint32_t>& candidates = picks.emplace_back();
    for (const MixedCandidate& one : mixed) {
      candidates.push_back(one.candidate);
      gates = std::max(gates, one.gate + 1);
    }
  }
  Operations operations = Recorder(plan, &mixture, drops).Record({picks}, Heads::kClassifier);
  operations.gates = gates;
  return operations;
}

Operations LayerOperations(const NetworkPlan& plan, uint32_t layer, uint32_t candidate) {
  space::Picks picks(plan.space.choices.size());
  const auto* choice = std::get_if<space::LayerChoice>(&plan.space.network.layers[layer].body);
  if (choice != nullptr) picks[choice->choice] = {candidate};
  return Recorder(plan, nullptr, Drops::kNone).RecordLayer(layer, picks);
}

}  // namespace nasshrink::nn
