// Latency tables: a byte for the format ('`' recognises it, 'a' the first), then the text; or 'z' and a LatencyTable
// message. What was read is held against a fixed space, which its size picks.
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/fixed_spaces.h"
#include "space/latency_formats.h"
#include "space/latency_model.h"

namespace nasshrink::space {
namespace {

void CheckTable(const v1::LatencyTable& table, size_t size) {
  const std::vector<Space>& spaces = tests::FixedSpaces();
  const Space& space = spaces[size % spaces.size()];
  const auto report = LatencyModel::Report(space, table);
  if (!report.ok()) {
    NASSHRINK_FUZZ_CHECK(!report.status().message().empty());
    return;
  }
  const bool complete = !table.has_children() && report->missing_size() == 0;
  NASSHRINK_FUZZ_CHECK(complete == LatencyModel::Make(space, table).ok());
  if (report->has_min_ms()) NASSHRINK_FUZZ_CHECK(report->min_ms() <= report->max_ms());
}

void CheckText(std::string_view format, std::string_view text) {
  const auto table = ReadLatency(format, "pixel3", text);
  if (!table.ok()) {
    NASSHRINK_FUZZ_CHECK(!table.status().message().empty());
    return;
  }
  const auto written = WriteLatency(*table);
  NASSHRINK_FUZZ_CHECK(written.ok());
  const auto again = ReadLatency("csv", "", *written);
  NASSHRINK_FUZZ_CHECK(again.ok());
  NASSHRINK_FUZZ_CHECK(again->operators_size() == table->operators_size());
  CheckTable(*table, text.size());
}

}  // namespace
}  // namespace nasshrink::space

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'z') {
    nasshrink::v1::LatencyTable table;
    if (table.ParseFromArray(rest.data(), static_cast<int>(rest.size()))) nasshrink::space::CheckTable(table, size);
    return 0;
  }
  const auto& formats = nasshrink::space::LatencyFormats();
  const size_t format = (data[0] + 256U - '`') % 256 % (formats.size() + 1);
  nasshrink::space::CheckText(format == 0 ? "" : formats[format - 1].name, rest);
  return 0;
}
