#include "space/network_steps.h"

#include "space/cell_steps.h"
#include "space/operator_steps.h"

namespace nasshrink::space {
namespace {

base::Result<Tensor> AddOperatorOrZeros(const OperatorDef& op, const Tensor& in, const Shape& out, Steps* steps) {
  NASSHRINK_ASSIGN_OR_RETURN(const Passed passed, AddOperator(op, in, out, steps));
  return passed.has_value() ? *passed : steps->Compute({}, out);
}

}  // namespace

base::Result<Tensor> AddCandidate(const Candidate& candidate, const Tensor& in, const Shape& out, Steps* steps) {
  const auto* cell = std::get_if<CellCandidate>(&candidate.body);
  auto made = cell != nullptr ? AddCandidateCell(*cell, in, out, steps)
                              : AddOperatorOrZeros(std::get<OperatorDef>(candidate.body), in, out, steps);
  if (made.ok()) return made;
  return base::Status(made.status()).Under(cell != nullptr ? "cell." : "op.");
}

base::Result<Steps> StepsOf(const Space& space, const std::vector<Shape>& shapes, const Architecture& architecture,
                            Counting counting) {
  Steps steps(counting);
  std::vector<Tensor> tensors = {steps.Input(shapes[0])};
  for (size_t i = 0; i < space.network.layers.size(); ++i) {
    const Layer& layer = space.network.layers[i];
    const Shape& out = shapes[i + 1];
    if (const auto* body = std::get_if<LayerCell>(&layer.body)) {
      std::vector<Tensor> inputs;
      for (const size_t input : CellInputs(space.network.cells[body->cell], i)) inputs.push_back(tensors[input]);
      NASSHRINK_ASSIGN_OR_RETURN(const Tensor made, AddCell(space, body->cell, architecture, inputs, out, &steps));
      tensors.push_back(made);
    } else if (const auto* choice = std::get_if<LayerChoice>(&layer.body)) {
      const Candidate& candidate = space.choices[choice->choice].candidates[architecture[choice->choice]];
      NASSHRINK_ASSIGN_OR_RETURN(const Tensor made, AddCandidate(candidate, tensors.back(), out, &steps));
      tensors.push_back(made);
    } else {
      NASSHRINK_ASSIGN_OR_RETURN(const Tensor made,
                                 AddOperatorOrZeros(std::get<OperatorDef>(layer.body), tensors.back(), out, &steps));
      tensors.push_back(made);
    }
  }
  steps.Keep(tensors.back());
  return steps;
}

}  // namespace nasshrink::space
