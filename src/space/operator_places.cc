#include "space/operator_places.h"

#include <unordered_map>
#include <utility>

#include "space/architecture.h"
#include "space/build_cell.h"
#include "space/operators.h"
#include "space/validate_network.h"

namespace nasshrink::space {
namespace {

using Body = std::variant<OperatorDef, CellCandidate>;

bool DoesNothing(const Body& body, const OperatorPlace& place) {
  const auto* op = std::get_if<OperatorDef>(&body);
  if (op == nullptr) return false;
  return op->kind == "none" || (op->kind == "identity" && SameShape(place.in, place.out));
}

class PlaceFinder {
 public:
  explicit PlaceFinder(const Space& space) : space_(space) {
    for (const Choice& choice : space.choices) places_.choices.emplace_back(choice.candidates.size());
  }

  base::Result<OperatorPlaces> Find(uint32_t height, uint32_t width);

 private:
  base::Status AddCellLayer(const Cell& cell, uint32_t layer);
  void AddCandidates(uint32_t choice, const OperatorPlace& place, uint32_t layer, bool on_edge);
  void Add(Body body, const OperatorPlace& place, uint32_t layer, std::vector<OperatorUse>* uses, bool on_edge = false);

  const Space& space_;
  std::vector<Shape> shapes_;
  OperatorPlaces places_;
  std::unordered_map<std::string, uint32_t> known_;
};

void PlaceFinder::Add(Body body, const OperatorPlace& place, uint32_t layer, std::vector<OperatorUse>* uses,
                      bool on_edge) {
  if (DoesNothing(body, place)) return;
  std::string key = OperatorKey(body, place);
  const auto [found, is_new] = known_.try_emplace(key, static_cast<uint32_t>(places_.operators.size()));
  if (is_new) places_.operators.push_back({std::move(body), place, std::move(key), on_edge});
  uses->push_back({found->second, layer});
}

void PlaceFinder::AddCandidates(uint32_t choice, const OperatorPlace& place, uint32_t layer, bool on_edge) {
  const std::vector<Candidate>& candidates = space_.choices[choice].candidates;
  for (size_t c = 0; c < candidates.size(); ++c) {
    const auto* cell = std::get_if<CellCandidate>(&candidates[c].body);
    Add(cell != nullptr ? Body(*cell) : Body(*candidates[c].op()), place, layer, &places_.choices[choice][c], on_edge);
  }
}

base::Status PlaceFinder::AddCellLayer(const Cell& cell, uint32_t layer) {
  std::vector<Shape> inputs;
  for (const size_t input : CellInputs(cell, layer)) inputs.push_back(shapes_[input]);
  const auto shapes = ShapesInCell(cell, inputs, shapes_[layer + 1]);
  if (!shapes.ok()) return base::Status(shapes.status()).Under(fmt::format("network.layers[{}].", layer));
  for (size_t i = 0; i < inputs.size() && !cell.preprocess.empty(); ++i) {
    const bool halved = !SameSize(inputs[i], shapes->inputs[i]);
    Add(halved ? MakeOperator("factorized_reduce") : cell.preprocess.front(),
        {inputs[i], shapes->inputs[i], halved ? 2U : 1U}, layer, &places_.fixed);
  }
  for (const CellEdge& edge : cell.edges) {
    const uint32_t stride = edge.from < cell.inputs ? space_.network.layers[layer].stride : 1;
    AddCandidates(edge.choice, {shapes->From(edge), shapes->node, stride}, layer, true);
  }
  return {};
}

base::Result<OperatorPlaces> PlaceFinder::Find(uint32_t height, uint32_t width) {
  NASSHRINK_RETURN_IF_ERROR(CheckListed(space_));
  shapes_ = ShapesOf(space_, height, width);
  for (uint32_t i = 0; i < space_.network.layers.size(); ++i) {
    const Layer& layer = space_.network.layers[i];
    const OperatorPlace place = {shapes_[i], shapes_[i + 1], layer.stride};
    if (const auto* body = std::get_if<LayerCell>(&layer.body)) {
      NASSHRINK_RETURN_IF_ERROR(AddCellLayer(space_.network.cells[body->cell], i));
    } else if (const auto* choice = std::get_if<LayerChoice>(&layer.body)) {
      AddCandidates(choice->choice, place, i, false);
    } else {
      Add(std::get<OperatorDef>(layer.body), place, i, &places_.fixed);
    }
  }
  return std::move(places_);
}

}  // namespace

base::Result<OperatorPlaces> PlacesOf(const Space& space, uint32_t height, uint32_t width) {
  NASSHRINK_RETURN_IF_ERROR(CheckSizes(space, height, width));
  return PlaceFinder(space).Find(height, width);
}

}  // namespace nasshrink::space
