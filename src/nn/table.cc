#include "nn/table.h"

#include <map>
#include <utility>

#include "nn/weight_sums.h"
#include "space/network_builder.h"

namespace nasshrink::nn {
namespace {

constexpr size_t kColumns = std::tuple_size<AngleSums>::value;

// Operators by their convolutions unless more is asked for. Fixed parts likewise in chains and DARTS (published code of
// ABS); in NAS-Bench-201 with batch norms and the classifier's bias.
bool Counts(const NetworkPlan& plan, const Parameter& parameter, const score::AngleOptions& options) {
  using Params = score::AngleOptions::Params;
  if (!parameter.owner.has_value()) {
    if (!options.fixed_parts) return false;
    if (plan.named_as_nas_bench_201) return true;
  }
  switch (parameter.kind) {
    case ParameterKind::kConv:
    case ParameterKind::kLinear:
      return true;
    case ParameterKind::kNormScale:
    case ParameterKind::kNormShift:
      return options.params != Params::kConvOnly;
    case ParameterKind::kBias:
      return options.params == Params::kAll;
  }
  return false;
}

// An operator without weights that stands for `square` = |w|^2 = |w0|^2.
void AddConstant(double square, double* row) {
  for (size_t column = 0; column < 3; ++column) row[column] += square;
}

// The factors of a space: one for each choice of a cell whose edges follow it, and one for each choice that is a layer.
class Factors {
 public:
  explicit Factors(const space::Space& space);

  // The candidate's row. `cell` is null in a layer that is a choice.
  double* Row(const space::LayerCell* cell, uint32_t choice, uint32_t candidate) {
    const uint32_t of = cell == nullptr ? 0 : cell->cell + 1;
    return factors_[places_.at({of, choice})].rows.data() + candidate * kColumns;
  }
  std::vector<score::Factor> Take() { return std::move(factors_); }

 private:
  void Add(uint32_t cell, uint32_t choice);

  const space::Space& space_;
  std::vector<score::Factor> factors_;
  std::map<std::pair<uint32_t, uint32_t>, size_t> places_;
};

void Factors::Add(uint32_t cell, uint32_t choice) {
  if (!places_.emplace(std::make_pair(cell, choice), factors_.size()).second) return;
  score::Factor factor;
  factor.choices = {choice};
  factor.cell = cell;
  factor.repeats = 0;
  factor.rows.assign(space_.choices[choice].candidates.size() * kColumns, 0.0);
  factors_.push_back(std::move(factor));
}

Factors::Factors(const space::Space& space) : space_(space) {
  for (uint32_t cell = 0; cell < space.network.cells.size(); ++cell) {
    for (const space::CellEdge& edge : space.network.cells[cell].edges) Add(cell + 1, edge.choice);
  }
  for (const space::Layer& layer : space.network.layers) {
    const auto* choice = std::get_if<space::LayerChoice>(&layer.body);
    if (choice != nullptr) Add(0, choice->choice);
    const auto* body = std::get_if<space::LayerCell>(&layer.body);
    for (score::Factor& factor : factors_) {
      const bool here = choice != nullptr ? factor.cell == 0 && factor.choices[0] == choice->choice
                                          : body != nullptr && factor.cell == body->cell + 1;
      if (here) ++factor.repeats;
    }
  }
}

// A place where a choice stands: its results have `channels` channels, and the shape of what comes in where it `keeps`.
struct Place {
  const space::LayerCell* cell = nullptr;
  uint32_t choice = 0;
  double channels = 0;
  bool keeps = true;
};

// Pools and identities among the alive candidates.
void AddWeightless(const space::Space& space, const score::AngleOptions& options, const Place& place,
                   Factors* factors) {
  for (const uint32_t c : space.choices[place.choice].alive) {
    const space::OperatorDef* op = space.choices[place.choice].candidates[c].op();
    if (op == nullptr) continue;
    double* row = factors->Row(place.cell, place.choice, c);
    const bool pool = op->kind == "avg_pool" || op->kind == "max_pool";
    if (pool && options.pool_inv_area) AddConstant(place.channels / 9, row);
    if (op->kind == "identity" && place.keeps && options.identity_eye) AddConstant(place.channels, row);
  }
}

void AddWeightless(const NetworkPlan& plan, const score::AngleOptions& options, Factors* factors) {
  const space::Network& network = plan.space.network;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const space::Layer& layer = network.layers[i];
    const double channels = plan.shapes[i + 1].channels;
    if (const auto* choice = std::get_if<space::LayerChoice>(&layer.body)) {
      const bool keeps = space::SameShape(plan.shapes[i], plan.shapes[i + 1]);
      AddWeightless(plan.space, options, {nullptr, choice->choice, channels, keeps}, factors);
    }
    const auto* body = std::get_if<space::LayerCell>(&layer.body);
    if (body == nullptr) continue;
    const space::Cell& cell = network.cells[body->cell];
    for (const space::CellEdge& edge : cell.edges) {
      const bool keeps = layer.stride == 1 || edge.from >= cell.inputs;
      const double share = channels / static_cast<double>(cell.outputs.size());
      AddWeightless(plan.space, options, {body, edge.choice, share, keeps}, factors);
    }
  }
}

}  // namespace

score::FactorTable MakeAngleTable(const NetworkPlan& plan, const Weights& weights, const score::AngleOptions& options) {
  score::FactorTable table;
  table.columns = {"dot", "current", "base", "delta", "sigma"};
  table.fixed.assign(kColumns, 0.0);
  Factors factors(plan.space);
  for (const Parameter& parameter : plan.layout.parameters) {
    if (!Counts(plan, parameter, options)) continue;
    AngleSums sums = {};
    AddAngleSums(weights.current.data() + parameter.offset, weights.base.data() + parameter.offset, parameter.size,
                 &sums);
    double* row = table.fixed.data();
    if (parameter.owner.has_value()) {
      const auto& body = plan.space.network.layers[parameter.owner->layer].body;
      row = factors.Row(std::get_if<space::LayerCell>(&body), parameter.owner->choice, parameter.owner->candidate);
    }
    for (size_t column = 0; column < kColumns; ++column) row[column] += sums[column];
  }
  AddWeightless(plan, options, &factors);
  table.factors = factors.Take();
  return table;
}

}  // namespace nasshrink::nn
