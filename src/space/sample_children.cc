#include "space/sample_children.h"

#include <algorithm>

#include "space/cost_windows.h"
#include "space/count.h"
#include "space/feasible.h"

namespace nasshrink::space {
namespace {

constexpr uint64_t kMaxSamples = 10'000'000;
constexpr uint64_t kMaxSampledNumbers = uint64_t{1} << 28;

double Ratio(const BigInt& part, const BigInt& whole) {
  if (whole == 0) return 0;
  constexpr unsigned kSafeBits = 1000;
  const auto bits = static_cast<unsigned>(msb(whole));
  const unsigned shift = bits > kSafeBits ? bits - kSafeBits : 0;
  return static_cast<double>(BigInt(part >> shift)) / static_cast<double>(BigInt(whole >> shift));
}

// SampleOptions and CountOptions name these fields alike.
template <typename Options>
base::Result<ChildFilter> FilterOf(const Space& space, const Options& options) {
  ChildFilter filter;
  const v1::LatencyTable* latency = options.has_latency() ? &options.latency() : nullptr;
  NASSHRINK_ASSIGN_OR_RETURN(filter.windows, WindowsOf(space, options.constraints(), latency, "constraints"));
  for (const v1::OperatorRef& ref : options.containing()) filter.containing.push_back({ref.choice(), ref.candidate()});
  for (const v1::OperatorRef& ref : options.excluding()) filter.excluding.push_back({ref.choice(), ref.candidate()});
  return filter;
}

bool Unfiltered(const ChildFilter& filter) {
  return filter.windows.empty() && filter.containing.empty() && filter.excluding.empty();
}

void SetWindows(const std::vector<CostWindow>& windows, v1::CountReport* report) {
  for (const CostWindow& window : windows) {
    v1::Constraint* constraint = report->add_constraints();
    constraint->set_cost(window.cost.name);
    if (window.min != CostWindow().min) constraint->set_min(AmountOf(window.cost.name, window.min));
    if (window.max != CostWindow().max) constraint->set_max(AmountOf(window.cost.name, window.max));
  }
}

}  // namespace

base::Result<std::vector<Architecture>> SampleChildren(const Space& space, const v1::SampleOptions& options) {
  if (options.count() > kMaxSamples || options.count() * space.choices.size() > kMaxSampledNumbers) {
    const uint64_t most = std::min(kMaxSamples, kMaxSampledNumbers / space.choices.size());
    return base::Invalid("count", options.count(), fmt::format("0..{}", most), "too many children in one call");
  }
  NASSHRINK_ASSIGN_OR_RETURN(auto filter, FilterOf(space, options));
  NASSHRINK_ASSIGN_OR_RETURN(const FeasibleSet set, FeasibleSet::Make(space, std::move(filter)));
  std::vector<Architecture> children;
  if (options.count() == 0) return children;
  NASSHRINK_RETURN_IF_ERROR(set.CheckNotEmpty("constraints"));
  children.reserve(options.count());
  for (uint64_t i = 0; i < options.count(); ++i) {
    children.push_back(set.Draw(options.seed(), base::Purpose::kSampleSpace, i));
  }
  return children;
}

base::Result<v1::CountReport> CountChildren(const Space& space, const v1::CountOptions& options) {
  NASSHRINK_ASSIGN_OR_RETURN(auto filter, FilterOf(space, options));
  v1::CountReport report;
  SetWindows(filter.windows, &report);
  const BigInt children = Children(space);
  BigInt least = children;
  BigInt most = children;
  if (!Unfiltered(filter)) {
    NASSHRINK_ASSIGN_OR_RETURN(const FeasibleSet set, FeasibleSet::Make(space, std::move(filter)));
    least = set.least();
    most = set.most();
  }
  report.set_children(children.str());
  if (least == most) report.set_feasible(least.str());
  report.set_feasible_at_least(least.str());
  report.set_feasible_at_most(most.str());
  report.set_fraction((Ratio(least, children) + Ratio(most, children)) / 2);
  return report;
}

}  // namespace nasshrink::space
