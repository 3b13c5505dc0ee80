#include "space/cost_report.h"

#include "space/additive_cost.h"
#include "space/architecture.h"
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

base::Result<double> MillisecondsOf(const Space& space, const Architecture& architecture,
                                    const v1::LatencyTable& table) {
  NASSHRINK_ASSIGN_OR_RETURN(const AdditiveCost latency, LatencyOf(space, table));
  int64_t nanoseconds = latency.fixed;
  for (size_t choice = 0; choice < architecture.size(); ++choice) {
    nanoseconds += latency.table[choice][architecture[choice]];
  }
  return AmountOf(latency.name, nanoseconds);
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
  if (query.has_latency()) {
    NASSHRINK_ASSIGN_OR_RETURN(const double milliseconds, MillisecondsOf(space, architecture, query.latency()));
    report.set_latency_ms(milliseconds);
  }
  return report;
}

}  // namespace nasshrink::space
