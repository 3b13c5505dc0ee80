// A latency table of this machine: every operator of a space timed where it stands, each key once.
//
// An operator is timed as a small network with it less the same without it (space/operator_probe.h), one after another
// on an otherwise idle machine.
#ifndef NASSHRINK_RUN_LATENCY_MEASURE_H_
#define NASSHRINK_RUN_LATENCY_MEASURE_H_

#include "base/cancel.h"
#include "base/status.h"
#include "nasshrink/v1/context.pb.h"
#include "run/backend.h"
#include "space/space.h"

namespace nasshrink::run {

// `options.known` with the times of operators that it lacks, at most `options.operators` of them, in the order of the
// layers; dropped candidates are left out. CANCELLED between operators and between runs.
base::Result<v1::LatencyTable> MeasureLatency(Backend& backend, const space::Space& space,
                                              const v1::LatencyMeasureOptions& options, const base::Cancel* cancel);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_LATENCY_MEASURE_H_
