#include "space/build_network.h"

#include <optional>

#include "space/build_operator.h"

namespace nasshrink::space {
namespace {

base::Result<Passed> BuildBody(const Candidate& candidate, const Tensor& in, const Shape& out,
                               NetworkBuilder* builder) {
  const auto* cell = std::get_if<CellCandidate>(&candidate.body);
  if (cell == nullptr) return BuildOperator(std::get<OperatorDef>(candidate.body), in, out, builder);
  NASSHRINK_ASSIGN_OR_RETURN(const Tensor made, BuildCandidateCell(*cell, in, out, builder));
  return Passed{made};
}

class NetworkWalk {
 public:
  NetworkWalk(const Space& space, const std::vector<Shape>& shapes, const std::vector<Picks>& picks,
              const Tensor& images, NetworkBuilder* builder)
      : space_(space), shapes_(shapes), picks_(picks), builder_(builder), tensors_({images}) {}

  base::Result<Tensor> Run();
  base::Result<Tensor> Layer(uint32_t index);

 private:
  base::Result<Tensor> CellLayer(uint32_t index, uint32_t cell);
  base::Result<Tensor> ChoiceLayer(uint32_t index, uint32_t choice);

  const Space& space_;
  const std::vector<Shape>& shapes_;
  const std::vector<Picks>& picks_;
  NetworkBuilder* const builder_;
  std::vector<Tensor> tensors_;  // what came in, then what leaves one layer after another
  size_t cell_layers_ = 0;
};

base::Result<Tensor> NetworkWalk::CellLayer(uint32_t index, uint32_t cell) {
  std::vector<Tensor> inputs;
  for (const size_t input : CellInputs(space_.network.cells[cell], index)) inputs.push_back(tensors_[input]);
  const Picks& picks = picks_.size() == 1 ? picks_.front() : picks_[cell_layers_];
  ++cell_layers_;
  return BuildCell(space_, cell, picks, inputs, shapes_[index + 1], builder_);
}

base::Result<Tensor> NetworkWalk::ChoiceLayer(uint32_t index, uint32_t choice) {
  const Shape& out = shapes_[index + 1];
  std::optional<Tensor> sum;
  for (const uint32_t candidate : picks_.front()[choice]) {
    const InScope scope(builder_, {Scope::Kind::kCandidate, index, choice, candidate, 0, 0, {}});
    NASSHRINK_ASSIGN_OR_RETURN(const Passed passed,
                               BuildBody(space_.choices[choice].candidates[candidate], tensors_.back(), out, builder_));
    if (!passed.has_value()) continue;
    const Tensor chosen = builder_->Chosen(*passed, choice, candidate);
    sum = sum.has_value() ? builder_->Sum(*sum, chosen) : chosen;
  }
  return sum.has_value() ? *sum : builder_->Zeros(out);
}

base::Result<Tensor> NetworkWalk::Layer(uint32_t index) {
  const InScope scope(builder_, {Scope::Kind::kLayer, index, 0, 0, 0, 0, {}});
  const auto& body = space_.network.layers[index].body;
  if (const auto* cell = std::get_if<LayerCell>(&body)) return CellLayer(index, cell->cell);
  if (const auto* choice = std::get_if<LayerChoice>(&body)) return ChoiceLayer(index, choice->choice);
  const Shape& out = shapes_[index + 1];
  NASSHRINK_ASSIGN_OR_RETURN(const Passed passed,
                             BuildOperator(std::get<OperatorDef>(body), tensors_.back(), out, builder_));
  return passed.has_value() ? *passed : builder_->Zeros(out);
}

base::Result<Tensor> NetworkWalk::Run() {
  for (uint32_t i = 0; i < space_.network.layers.size(); ++i) {
    NASSHRINK_ASSIGN_OR_RETURN(const Tensor made, Layer(i));
    tensors_.push_back(made);
    builder_->Made(i, made);
  }
  return tensors_.back();
}

}  // namespace

base::Result<Tensor> BuildCandidate(const Candidate& candidate, const Tensor& in, const Shape& out,
                                    NetworkBuilder* builder) {
  const auto passed = BuildBody(candidate, in, out, builder);
  if (!passed.ok()) {
    return base::Status(passed.status()).Under(candidate.op() == nullptr ? "cell." : "op.");
  }
  return passed->has_value() ? **passed : builder->Zeros(out);
}

base::Result<Tensor> BuildNetwork(const Space& space, const std::vector<Shape>& shapes, const std::vector<Picks>& picks,
                                  const Tensor& images, NetworkBuilder* builder) {
  return NetworkWalk(space, shapes, picks, images, builder).Run();
}

base::Result<Tensor> BuildLayer(const Space& space, const std::vector<Shape>& shapes, const Picks& picks,
                                uint32_t index, const Tensor& in, NetworkBuilder* builder) {
  return NetworkWalk(space, shapes, {picks}, in, builder).Layer(index);
}

base::Result<Steps> StepsOf(const Space& space, const std::vector<Shape>& shapes, const Architecture& architecture,
                            Counting counting) {
  Steps steps(counting);
  NASSHRINK_ASSIGN_OR_RETURN(const Tensor made,
                             BuildNetwork(space, shapes, {PicksOf(architecture)}, steps.Input(shapes[0]), &steps));
  steps.Keep(made);
  return steps;
}

}  // namespace nasshrink::space
