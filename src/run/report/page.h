// The report's page without its data: HTML, style and script joined by embed.py when the library is built.
#ifndef NASSHRINK_RUN_REPORT_PAGE_H_
#define NASSHRINK_RUN_REPORT_PAGE_H_

#include <string_view>

namespace nasshrink::run {

// The page is before_title + title + before_data + JSON + after_data.
struct ReportPage {
  std::string_view before_title;
  std::string_view before_data;
  std::string_view after_data;
};

ReportPage GetReportPage();

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_REPORT_PAGE_H_
