// What a report shows, as JSON: the run's space, shrinking steps, training curves, evaluated children and settings.
#ifndef NASSHRINK_RUN_REPORT_DATA_H_
#define NASSHRINK_RUN_REPORT_DATA_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/plan.pb.h"

namespace nasshrink::run {

struct ReportInput {
  v1::RunPlan plan;
  v1::RunProgress::State state = v1::RunProgress::STATE_UNSPECIFIED;
  // Why a run failed or was stopped; may be empty.
  std::string outcome;
  // Time at work, interruptions not counted.
  double seconds = 0;
  // In order, none twice.
  std::vector<v1::RunEvent> events;
  // None while the run is unfinished.
  std::optional<v1::RunResult> result;
  // What the numbers depend on beside the plan: versions, machine, data set; shown as given.
  std::vector<std::pair<std::string, std::string>> settings;
};

// Keys are read by src/run/report/*.js and by nothing else. Numbers that are not finite become null.
base::Result<nlohmann::ordered_json> ReportData(const ReportInput& input);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_REPORT_DATA_H_
