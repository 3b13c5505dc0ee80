#include "score/angle_table.h"

#include <algorithm>
#include <variant>

#include "space/network_builder.h"
#include "space/validate_network.h"

namespace nasshrink::score {
namespace {

// An operator without weights that stands for `square` = |w|^2 = |w0|^2.
void AddConstant(double square, double* row) {
  for (size_t column = 0; column < 3; ++column) row[column] += square;
}

}  // namespace

AngleTableBuilder::AngleTableBuilder(const space::Space& space) : space_(space) {
  table_.columns.assign(kAngleColumns.begin(), kAngleColumns.end());
  table_.fixed.assign(kAngleColumns.size(), 0.0);
  for (uint32_t cell = 0; cell < space.network.cells.size(); ++cell) {
    for (const space::CellEdge& edge : space.network.cells[cell].edges) AddFactor(cell + 1, edge.choice);
  }
  for (const space::Layer& layer : space.network.layers) {
    const auto* choice = std::get_if<space::LayerChoice>(&layer.body);
    if (choice != nullptr) AddFactor(0, choice->choice);
    const auto* body = std::get_if<space::LayerCell>(&layer.body);
    for (Factor& factor : table_.factors) {
      const bool here = choice != nullptr ? factor.cell == 0 && factor.choices[0] == choice->choice
                                          : body != nullptr && factor.cell == body->cell + 1;
      if (here) ++factor.repeats;
    }
  }
}

void AngleTableBuilder::AddFactor(uint32_t cell, uint32_t choice) {
  if (!places_.emplace(std::make_pair(cell, choice), table_.factors.size()).second) return;
  Factor factor;
  factor.choices = {choice};
  factor.cell = cell;
  factor.repeats = 0;
  factor.rows.assign(space_.choices[choice].candidates.size() * kAngleColumns.size(), 0.0);
  table_.factors.push_back(std::move(factor));
}

double* AngleTableBuilder::Row(uint32_t cell, uint32_t choice, uint32_t candidate) {
  return table_.factors[places_.at({cell, choice})].rows.data() + candidate * kAngleColumns.size();
}

void AngleTableBuilder::Add(uint32_t cell, uint32_t choice, uint32_t candidate, const AngleSums& sums) {
  double* const row = Row(cell, choice, candidate);
  for (size_t column = 0; column < sums.size(); ++column) row[column] += sums[column];
}

void AngleTableBuilder::AddFixed(const AngleSums& sums) {
  for (size_t column = 0; column < sums.size(); ++column) table_.fixed[column] += sums[column];
}

// Pools and identities among the alive candidates.
void AngleTableBuilder::AddWeightless(const AngleOptions& options, const Place& place) {
  for (const uint32_t c : space_.choices[place.choice].alive) {
    const space::OperatorDef* op = space_.choices[place.choice].candidates[c].op();
    if (op == nullptr) continue;
    double* const row = Row(place.cell, place.choice, c);
    const bool pool = op->kind == "avg_pool" || op->kind == "max_pool";
    if (pool && options.pool_inv_area) AddConstant(place.channels / 9, row);
    if (op->kind == "identity" && place.keeps && options.identity_eye) AddConstant(place.channels, row);
  }
}

void AngleTableBuilder::AddAllWeightless(const AngleOptions& options) {
  const space::Network& network = space_.network;
  const std::vector<space::Shape> shapes = space::ShapesOf(space_, network.input_height, network.input_width);
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const space::Layer& layer = network.layers[i];
    const double channels = shapes[i + 1].channels;
    if (const auto* choice = std::get_if<space::LayerChoice>(&layer.body)) {
      AddWeightless(options, {0, choice->choice, channels, space::SameShape(shapes[i], shapes[i + 1])});
    }
    const auto* body = std::get_if<space::LayerCell>(&layer.body);
    if (body == nullptr) continue;
    const space::Cell& cell = network.cells[body->cell];
    for (const space::CellEdge& edge : cell.edges) {
      const bool keeps = layer.stride == 1 || edge.from >= cell.inputs;
      const double share = channels / static_cast<double>(cell.outputs.size());
      AddWeightless(options, {body->cell + 1, edge.choice, share, keeps});
    }
  }
}

FactorTable AngleTableBuilder::Take(const AngleOptions& options) && {
  AddAllWeightless(options);
  return std::move(table_);
}

}  // namespace nasshrink::score
