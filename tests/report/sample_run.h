// Made-up but consistent runs of the ABS recipe, for the report's tests: no training, only its events and result.
#ifndef NASSHRINK_TESTS_REPORT_SAMPLE_RUN_H_
#define NASSHRINK_TESTS_REPORT_SAMPLE_RUN_H_

#include "nasshrink/v1/space.pb.h"
#include "run/report_data.h"

namespace nasshrink::run {

struct SampleShape {
  uint32_t warmup_epochs = 12;
  uint32_t epochs_between = 3;
  uint32_t steps = 4;
  uint32_t drop = 5;
  uint32_t children = 240;
  uint32_t retrain_epochs = 16;
  bool finished = true;
};

ReportInput SampleRun(const v1::SearchSpace& space, const SampleShape& shape);

}  // namespace nasshrink::run

#endif  // NASSHRINK_TESTS_REPORT_SAMPLE_RUN_H_
