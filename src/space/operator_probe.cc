#include "space/operator_probe.h"

#include <utility>

#include "space/codec.h"
#include "space/operators.h"
#include "space/preset_parts.h"

namespace nasshrink::space {
namespace {

constexpr uint32_t kClasses = 10;

Space NetworkOn(const Shape& in, uint32_t classes) {
  Space space;
  space.name = "probe";
  space.network.input_channels = in.channels;
  space.network.input_height = in.height;
  space.network.input_width = in.width;
  space.network.classes = classes;
  return space;
}

Choice OnlyChoice(Candidate candidate) {
  Choice choice;
  choice.key = "operator";
  choice.candidates.push_back(std::move(candidate));
  choice.alive = {0};
  return choice;
}

void AddOperator(const PlacedOperator& placed, Space* space) {
  Layer layer;
  layer.key = "operator";
  layer.out_channels = placed.place.out.channels;
  layer.stride = placed.place.stride;
  const auto* op = std::get_if<OperatorDef>(&placed.body);
  if (op != nullptr && !placed.on_edge) {
    layer.body = *op;
  } else if (op != nullptr) {
    space->choices.push_back(OnlyChoice({0, op->kind, *op}));
    Cell cell;
    cell.key = "cell";
    cell.inputs = 1;
    cell.nodes = 2;
    cell.edges = {{0, 1, 0}};
    cell.outputs = {1};
    space->network.cells.push_back(std::move(cell));
    layer.body = LayerCell{0};
  } else {
    space->choices.push_back(OnlyChoice({0, "cell", std::get<CellCandidate>(placed.body)}));
    layer.body = LayerChoice{0};
  }
  space->network.layers.push_back(std::move(layer));
}

// A mean over pixels that were one pixel already would only be in the way.
void AddEnd(bool pooled, Space* space) {
  if (!pooled) AddFixed(space, "pool", MakeOperator("global_avg_pool"));
  AddFixed(space, "classifier", MakeOperator("linear"));
  Finish(*space);
}

}  // namespace

OperatorProbe ProbeOf(const PlacedOperator& placed) {
  const auto* op = std::get_if<OperatorDef>(&placed.body);
  OperatorProbe probe;
  if (op != nullptr && op->kind == "linear") {
    probe.with = NetworkOn(placed.place.in, placed.place.out.channels);
    AddOperator(placed, &probe.with);
    Finish(probe.with);
    return probe;
  }
  const bool pooled = placed.place.out.height == 1 && placed.place.out.width == 1;
  probe.with = NetworkOn(placed.place.in, kClasses);
  AddOperator(placed, &probe.with);
  AddEnd(pooled, &probe.with);
  probe.without.push_back(NetworkOn(placed.place.out, kClasses));
  AddEnd(pooled, &probe.without.back());
  return probe;
}

}  // namespace nasshrink::space
