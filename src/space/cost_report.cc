#include "space/cost_report.h"

#include "space/additive_cost.h"
#include "space/architecture.h"
#include "space/child_times.h"
#include "space/latency_model.h"
#include "space/paths.h"

namespace nasshrink::space {
namespace {

void AddChoices(const Space& space, const CostModel& model, const Architecture& architecture, v1::CostReport* report) {
  report->set_fixed_macs(model.fixed().macs);
  report->set_fixed_params(model.fixed().params);
  for (uint32_t choice = 0; choice < architecture.size(); ++choice) {
    const uint32_t candidate = architecture[choice];
    const OperatorCost& cost = model.table()[choice][candidate];
    v1::ChoiceCost* row = report->add_choices();
    row->set_choice(choice);
    row->set_candidate(candidate);
    row->set_code(space.choices[choice].candidates[candidate].code);
    row->set_macs(cost.macs);
    row->set_params(cost.params);
    row->set_activation_peak(model.peaks()[choice][candidate]);
  }
}

base::Status AddLatency(const Space& space, const Architecture& architecture, const v1::CostQuery& query,
                        v1::CostReport* report) {
  if (query.latency().has_children()) {
    NASSHRINK_ASSIGN_OR_RETURN(const ChildTimes times, ChildTimes::Make(space, query.latency()));
    const auto time = times.Of(architecture);
    if (!time) {
      return base::Error(base::Code::kNotFound, "the latency table does not have the network '{}'",
                         CodesOf(space, architecture));
    }
    report->set_latency_ms(AmountOf("latency_ms", *time));
    return {};
  }
  NASSHRINK_ASSIGN_OR_RETURN(const LatencyModel model, LatencyModel::Make(space, query.latency(), query.resolution()));
  const LatencyEstimate estimate = model.Of(architecture);
  report->set_latency_ms(AmountOf("latency_ms", estimate.nanoseconds));
  if (estimate.variance) report->set_latency_variance(*estimate.variance);
  if (estimate.error_ms) report->set_latency_error_ms(*estimate.error_ms);
  if (!query.by_choice()) return {};
  report->set_fixed_latency_ms(AmountOf("latency_ms", model.cost().fixed));
  for (v1::ChoiceCost& row : *report->mutable_choices()) {
    row.set_latency_ms(AmountOf("latency_ms", model.cost().table[row.choice()][row.candidate()]));
  }
  return {};
}

}  // namespace

base::Result<CostModel> CostModelFor(const Space& space, const v1::CostQuery& query) {
  if (query.counting() != v1::COUNTING_CONV_FC && query.counting() != v1::COUNTING_THOP) {
    return base::Invalid("query.counting", static_cast<int>(query.counting()), "0..1", "names no way of counting");
  }
  return CostModel::Make(space, query.resolution(),
                         query.counting() == v1::COUNTING_THOP ? Counting::kThop : Counting::kConvFc);
}

base::Result<v1::CostReport> CostOf(const Space& space, const CostModel& model, const Architecture& architecture,
                                    const v1::CostQuery& query) {
  NASSHRINK_RETURN_IF_ERROR(CheckArchitecture(space, architecture));
  v1::CostReport report;
  const OperatorCost cost = model.Of(architecture);
  const OperatorCost live = model.LiveOf(architecture);
  report.set_macs(cost.macs);
  report.set_params(cost.params);
  report.set_live_macs(live.macs);
  report.set_live_params(live.params);
  NASSHRINK_ASSIGN_OR_RETURN(const Steps steps, model.StepsOfChild(architecture));
  report.set_norm_params(steps.norm_params());
  report.set_activation_peak(steps.Peak());
  for (size_t cell = 0; cell < space.network.cells.size(); ++cell) {
    report.add_cell_paths(CountPaths(space, cell, architecture).total);
  }
  if (query.by_choice()) AddChoices(space, model, architecture, &report);
  if (query.has_latency()) NASSHRINK_RETURN_IF_ERROR(AddLatency(space, architecture, query, &report));
  return report;
}

}  // namespace nasshrink::space
