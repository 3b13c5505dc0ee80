#include "space/latency_formats.h"

#include <fmt/format.h>

#include "space/notation_text.h"

namespace nasshrink::space {
namespace {

constexpr std::string_view kCsv = "csv";
constexpr std::string_view kProxyless = "proxylessnas";
constexpr std::string_view kOnceForAll = "once-for-all";
constexpr std::string_view kFbnet = "fbnet";

base::Result<std::string_view> Detect(const CsvText& csv) {
  if (csv.Column("key") && csv.Column("op")) {
    const auto excite = csv.Column("se");
    if (!excite) return kProxyless;
    for (size_t row = 0; row < csv.rows(); ++row) {
      if (!csv.At(row, *excite).empty()) return kOnceForAll;
    }
    return kProxyless;
  }
  if (csv.Column("op_index")) return kFbnet;
  if (csv.Column("key")) return kCsv;
  return base::Invalid("line 1", Shown(csv.header().front()), "the columns key and mean_ms",
                       "the text is no latency table that is known");
}

}  // namespace

const std::vector<LatencyFormat>& LatencyFormats() {
  static const auto* const formats = new std::vector<LatencyFormat>{
      {kCsv, "a line an operator: key, mean_ms, variance, count, device, resolution"},
      {kProxyless, "ProxylessNAS's mobile table"},
      {kOnceForAll, "a table of Once-for-All's MobileNetV3"},
      {kFbnet, "HW-NAS-Bench's table of FBNet, several devices"},
  };
  return *formats;
}

base::Result<v1::LatencyTable> ReadLatency(std::string_view format, std::string_view device, std::string_view text) {
  NASSHRINK_ASSIGN_OR_RETURN(const CsvText csv, CsvText::Parse(text));
  if (format.empty()) {
    NASSHRINK_ASSIGN_OR_RETURN(format, Detect(csv));
  }
  if (format == kFbnet) return ReadFbnetLatency(csv, device);
  base::Result<v1::LatencyTable> table =
      base::Invalid("format", Shown(format), fmt::format("{}, {}, {}, {}", kCsv, kProxyless, kOnceForAll, kFbnet),
                    "no latency table is written like this");
  if (format == kCsv) table = ReadLatencyCsv(csv);
  if (format == kProxyless || format == kOnceForAll) table = ReadBlockLatency(csv, format == kOnceForAll);
  if (table.ok() && !device.empty()) table->set_device(std::string(device));
  return table;
}

}  // namespace nasshrink::space
