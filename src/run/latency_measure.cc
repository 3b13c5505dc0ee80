#include "run/latency_measure.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "space/latency_model.h"
#include "space/operator_probe.h"

namespace nasshrink::run {
namespace {

constexpr uint32_t kMaxBatch = 4096;
constexpr double kMaxSeconds = 3600;

base::Result<TimingOptions> Resolve(const v1::LatencyMeasureOptions& options) {
  TimingOptions timing;
  if (options.batch_size() > kMaxBatch) {
    return base::Invalid("batch_size", options.batch_size(), fmt::format("0..{}", kMaxBatch), "the batch is too large");
  }
  if (options.batch_size() != 0) timing.batch_size = options.batch_size();
  if (options.has_precision()) timing.precision = options.precision();
  if (!(timing.precision > 0 && timing.precision < 1)) {
    return base::Invalid("precision", timing.precision, "above 0, below 1", "is no share of the mean");
  }
  if (options.has_max_seconds()) timing.max_seconds = options.max_seconds();
  if (!(timing.max_seconds > 0 && timing.max_seconds <= kMaxSeconds)) {
    return base::Invalid("max_seconds", timing.max_seconds, fmt::format("above 0, up to {}", kMaxSeconds),
                         "the time limit is out of range");
  }
  return timing;
}

// The keys that alive candidates and fixed parts still need, in the order of the layers.
base::Result<std::set<std::string>> NeededKeys(const space::Space& space, const v1::LatencyTable& table) {
  NASSHRINK_ASSIGN_OR_RETURN(const v1::LatencyReport report, space::LatencyModel::Report(space, table));
  std::set<std::string> keys;
  for (const v1::MissingLatency& missing : report.missing()) keys.insert(missing.key());
  return keys;
}

class OperatorTimer {
 public:
  OperatorTimer(Backend& backend, const TimingOptions& options, const base::Cancel* cancel)
      : backend_(backend), options_(options), cancel_(cancel) {}

  base::Status Add(const space::PlacedOperator& placed, v1::LatencyTable* table) {
    const space::OperatorProbe probe = space::ProbeOf(placed);
    NASSHRINK_ASSIGN_OR_RETURN(const InferenceTimes with, backend_.TimeInference(probe.with, options_, cancel_));
    double mean = with.mean_ms;
    for (const space::Space& without : probe.without) {
      NASSHRINK_ASSIGN_OR_RETURN(const InferenceTimes rest, backend_.TimeInference(without, options_, cancel_));
      mean -= rest.mean_ms;
    }
    v1::OperatorLatency* one = table->add_operators();
    one->set_key(placed.key);
    one->set_mean_ms(std::max(mean, 0.0));
    one->set_variance(with.variance);
    one->set_count(with.count);
    return {};
  }

 private:
  Backend& backend_;
  const TimingOptions options_;
  const base::Cancel* cancel_;
};

}  // namespace

base::Result<v1::LatencyTable> MeasureLatency(Backend& backend, const space::Space& space,
                                              const v1::LatencyMeasureOptions& options, const base::Cancel* cancel) {
  NASSHRINK_ASSIGN_OR_RETURN(const TimingOptions timing, Resolve(options));
  v1::LatencyTable table = options.known();
  if (!options.has_known()) {
    table.set_fixed_by_key(true);
    table.set_device(fmt::format("{}, batch {}", backend.Describe(), timing.batch_size));
    if (space.network.input_height == space.network.input_width) table.set_resolution(space.network.input_height);
  }
  NASSHRINK_ASSIGN_OR_RETURN(const std::set<std::string> needed, NeededKeys(space, table));
  NASSHRINK_ASSIGN_OR_RETURN(const space::OperatorPlaces places,
                             space::PlacesOf(space, space.network.input_height, space.network.input_width));
  OperatorTimer timer(backend, timing, cancel);
  uint32_t measured = 0;
  for (const space::PlacedOperator& placed : places.operators) {
    if (needed.count(placed.key) == 0) continue;
    if (options.operators() != 0 && measured++ == options.operators()) break;
    base::Status status = timer.Add(placed, &table);
    if (!status.ok()) return std::move(status).About(placed.key);
  }
  return table;
}

}  // namespace nasshrink::run
