#include "nn/table.h"

#include <utility>
#include <variant>

#include "nn/auxiliary_head.h"
#include "score/angle_table.h"
#include "score/weight_sums.h"

namespace nasshrink::nn {
namespace {

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

}  // namespace

score::FactorTable MakeAngleTable(const NetworkPlan& plan, const Weights& weights, const score::AngleOptions& options) {
  score::AngleTableBuilder table(plan.space);
  for (const Parameter& parameter : plan.layout.parameters) {
    if (IsOfAuxiliaryHead(parameter.name) || !Counts(plan, parameter, options)) continue;
    score::AngleSums sums = {};
    score::AddAngleSums(weights.current.data() + parameter.offset, weights.base.data() + parameter.offset,
                        parameter.size, &sums);
    if (!parameter.owner.has_value()) {
      table.AddFixed(sums);
      continue;
    }
    const auto& body = plan.space.network.layers[parameter.owner->layer].body;
    const auto* cell = std::get_if<space::LayerCell>(&body);
    table.Add(cell == nullptr ? 0 : cell->cell + 1, parameter.owner->choice, parameter.owner->candidate, sums);
  }
  return std::move(table).Take(options);
}

}  // namespace nasshrink::nn
