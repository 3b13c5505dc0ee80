// A back end whose accuracies are looked up: a benchmark's truth in place of a trained supernet.
//
// Runs any plan on NAS-Bench-201 or NAS-Bench-Macro truth in seconds and lets everything above the back end be tested
// without torch. Training only counts steps; with `drift` the operator scalars turn by that many radians a step, so
// that the angle changes as it would in training; strategies with architecture parameters move these by the table
// (table_parameters.h). Needs no data set.
#ifndef NASSHRINK_RUN_TABLE_BACKEND_H_
#define NASSHRINK_RUN_TABLE_BACKEND_H_

#include <memory>

#include "base/status.h"
#include "nasshrink/v1/plan.pb.h"
#include "run/backend.h"

namespace nasshrink::run {

struct TableOptions {
  // Radians a step; every row turns at its own multiple of it.
  double drift = 0;
};

// INVALID_ARGUMENT when the truth is not one of `space` (root fingerprint, number of choices, candidates out of range,
// rows and accuracies of different number, factor table of another shape). Architectures that are not in the truth
// evaluate to NaN.
base::Result<std::unique_ptr<Supernet>> NewTableSupernet(const space::Space& space, const v1::Truth& truth,
                                                         const TableOptions& options = {});

std::shared_ptr<Backend> NewTableBackend(v1::Truth truth, const TableOptions& options = {});

// Stands in where a trainer asks for a data set: no images, a fixed number of steps an epoch.
std::shared_ptr<Dataset> NewTableDataset();

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_TABLE_BACKEND_H_
