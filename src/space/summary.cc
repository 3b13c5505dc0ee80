#include "space/summary.h"

#include "space/cost.h"
#include "space/count.h"
#include "space/edits.h"

namespace nasshrink::space {
namespace {

void AddRange(const char* cost, uint64_t min, uint64_t max, v1::SpaceSummary* summary) {
  v1::CostRange* range = summary->add_costs();
  range->set_cost(cost);
  range->set_min(static_cast<double>(min));
  range->set_max(static_cast<double>(max));
}

}  // namespace

v1::SpaceSummary Summarise(const Space& space) {
  v1::SpaceSummary summary;
  summary.set_name(space.name);
  summary.set_choices(static_cast<uint32_t>(space.choices.size()));
  summary.set_operators(static_cast<uint32_t>(space.OperatorCount()));
  summary.set_children(ChildrenText(space));
  summary.set_root_fingerprint(space.root_fingerprint);
  summary.set_children_fingerprint(space.children_fingerprint);
  summary.set_full_fingerprint(space.full_fingerprint);
  *summary.mutable_edits() = EditsFromRoot(space);
  if (const auto model = CostModel::Make(space); model.ok()) {
    AddRange("macs", model->min().macs, model->max().macs, &summary);
    AddRange("params", model->min().params, model->max().params, &summary);
  }
  return summary;
}

}  // namespace nasshrink::space
