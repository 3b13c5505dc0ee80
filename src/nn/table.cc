#include "nn/table.h"

#include <map>
#include <utility>

#include "nn/weight_sums.h"

namespace nasshrink::nn {
namespace {

constexpr size_t kColumns = std::tuple_size<AngleSums>::value;

bool Counts(const Parameter& parameter, const score::AngleOptions& options) {
  if (!parameter.owner.has_value()) return options.fixed_parts;
  return parameter.kind == ParameterKind::kConv || options.params != score::AngleOptions::Params::kConvOnly;
}

// An operator without weights that stands for `square` = |w|^2 = |w0|^2.
void AddConstant(double square, double* row) {
  for (size_t column = 0; column < 3; ++column) row[column] += square;
}

// Which factor the edges of a cell that follow a choice are summed into.
using FactorOf = std::map<std::pair<uint32_t, uint32_t>, size_t>;

void AddWeightless(const NetworkPlan& plan, const score::AngleOptions& options, const FactorOf& factor_of,
                   std::vector<score::Factor>* factors) {
  for (const NetworkLayer& layer : plan.layers) {
    const auto* body = std::get_if<CellLayer>(&layer.body);
    if (body == nullptr) continue;
    const space::Cell& cell = plan.space.network.cells[body->cell];
    for (size_t e = 0; e < cell.edges.size(); ++e) {
      score::Factor& factor = (*factors)[factor_of.at({body->cell, cell.edges[e].choice})];
      for (size_t c = 0; c < body->edges[e].size(); ++c) {
        const EdgeOperator& op = body->edges[e][c];
        double* row = factor.rows.data() + c * kColumns;
        if (!op.stored) continue;
        if (op.action == EdgeAction::kPool && options.pool_inv_area) AddConstant(layer.channels / 9.0, row);
        if (op.action == EdgeAction::kPass && options.identity_eye) AddConstant(layer.channels, row);
      }
    }
  }
}

}  // namespace

score::FactorTable MakeAngleTable(const NetworkPlan& plan, const Weights& weights, const score::AngleOptions& options) {
  score::FactorTable table;
  table.columns = {"dot", "current", "base", "delta", "sigma"};
  table.fixed.assign(kColumns, 0.0);
  FactorOf factor_of;
  for (uint32_t cell = 0; cell < plan.space.network.cells.size(); ++cell) {
    uint32_t repeats = 0;
    for (const NetworkLayer& layer : plan.layers) {
      const auto* body = std::get_if<CellLayer>(&layer.body);
      if (body != nullptr && body->cell == cell) ++repeats;
    }
    for (const space::CellEdge& edge : plan.space.network.cells[cell].edges) {
      if (!factor_of.emplace(std::make_pair(cell, edge.choice), table.factors.size()).second) continue;
      score::Factor factor;
      factor.choices = {edge.choice};
      factor.cell = cell + 1;
      factor.repeats = repeats;
      factor.rows.assign(plan.space.choices[edge.choice].candidates.size() * kColumns, 0.0);
      table.factors.push_back(std::move(factor));
    }
  }
  for (const Parameter& parameter : plan.layout.parameters) {
    if (!Counts(parameter, options)) continue;
    AngleSums sums = {};
    AddAngleSums(weights.current.data() + parameter.offset, weights.base.data() + parameter.offset, parameter.size,
                 &sums);
    double* row = table.fixed.data();
    if (parameter.owner.has_value()) {
      const Owner& owner = *parameter.owner;
      const uint32_t cell = std::get<CellLayer>(plan.layers[owner.layer].body).cell;
      row = table.factors[factor_of.at({cell, owner.choice})].rows.data() + owner.candidate * kColumns;
    }
    for (size_t column = 0; column < kColumns; ++column) row[column] += sums[column];
  }
  AddWeightless(plan, options, factor_of, &table.factors);
  return table;
}

}  // namespace nasshrink::nn
