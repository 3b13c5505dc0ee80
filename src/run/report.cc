#include "run/report.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/digest.h"
#include "run/report/page.h"
#include "run/store.h"

namespace nasshrink::run {
namespace {

// Inside <title>; the page's script writes all other text as text nodes.
std::string EscapeText(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

// A script element ends at the first "</script", whatever it holds; JSON can write "<" otherwise.
std::string EscapeScript(std::string_view json) {
  std::string escaped;
  escaped.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      escaped += "\\u003c";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// What the numbers depend on beside the plan.
std::vector<std::pair<std::string, std::string>> SettingsOf(const RunOrigin& origin) {
  std::vector<std::pair<std::string, std::string>> settings = {{"nasshrink", origin.version},
                                                               {"back end", origin.backend}};
  const v1::DatasetSummary& data = origin.dataset;
  if (data.source().empty()) return settings;
  settings.emplace_back("data set", data.source());
  settings.emplace_back("images", fmt::format("{} training, {} validation, {} test", data.train_images(),
                                              data.validation_images(), data.test_images()));
  settings.emplace_back("image size", fmt::format("{} x {} x {}", data.channels(), data.height(), data.width()));
  settings.emplace_back("normalisation", fmt::format("mean {:.4g}; deviation {:.4g}", fmt::join(data.mean(), ", "),
                                                     fmt::join(data.deviation(), ", ")));
  settings.emplace_back("seed of the split", std::to_string(origin.dataset_options.seed()));
  settings.emplace_back("SHA-256 of the data", base::HexOf(data.sha256()));
  return settings;
}

}  // namespace

base::Result<std::string> ReportHtml(const ReportInput& input) {
  NASSHRINK_ASSIGN_OR_RETURN(const nlohmann::ordered_json data, ReportData(input));
  const auto replace_bad_utf8 = nlohmann::ordered_json::error_handler_t::replace;
  const std::string json = data.dump(-1, ' ', false, replace_bad_utf8);
  // Through JSON, so that the title has well-formed UTF-8, too.
  const std::string name =
      nlohmann::json::parse(data["name"].dump(-1, ' ', false, replace_bad_utf8)).get<std::string>();
  const std::string title = EscapeText(name.empty() ? std::string("nasshrink run") : name + " · nasshrink");

  const ReportPage page = GetReportPage();
  std::string html;
  html.reserve(page.before_title.size() + page.before_data.size() + page.after_data.size() + json.size() + 256);
  html.append(page.before_title)
      .append(title)
      .append(page.before_data)
      .append(EscapeScript(json))
      .append(page.after_data);
  return html;
}

base::Result<std::string> ReportHtmlOf(const std::string& folder) {
  NASSHRINK_ASSIGN_OR_RETURN(StoredRun run, ReadRun(folder));
  ReportInput input;
  input.settings = SettingsOf(run.origin);
  input.plan = std::move(run.origin.plan);
  input.state = run.state;
  input.outcome = run.outcome.message();
  input.seconds = run.run_state.seconds();
  input.events = std::move(run.events);
  input.result = std::move(run.result);
  return ReportHtml(input);
}

}  // namespace nasshrink::run
