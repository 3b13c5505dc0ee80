// The report of a run: one HTML file that opens from disk without network.
//
// The data are embedded as JSON and drawn by the page's own script (src/run/report/). This file joins the two and knows
// nothing of drawing; report_data.h decides what is in the data.
#ifndef NASSHRINK_RUN_REPORT_H_
#define NASSHRINK_RUN_REPORT_H_

#include <string>

#include "base/status.h"
#include "run/report_data.h"

namespace nasshrink::run {

// The page, UTF-8. Parts that a run does not have (yet) are said to be missing; INVALID_ARGUMENT when the plan's space
// is not a valid one. The same input gives the same bytes.
base::Result<std::string> ReportHtml(const ReportInput& input);

// The page of the run in `folder`, finished or not. NOT_FOUND when there is no run.
base::Result<std::string> ReportHtmlOf(const std::string& folder);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_REPORT_H_
