// Our own CSV of latency tables.
#include <optional>
#include <set>
#include <string>

#include "space/latency_formats.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

constexpr std::string_view kFixed = "fixed";
constexpr size_t kMaxKeyBytes = size_t{1} << 16;

// Reads one line after another into the table.
class LatencyLines {
 public:
  explicit LatencyLines(const CsvText& csv) : csv_(csv) {}

  base::Result<v1::LatencyTable> Read();

 private:
  base::Status FindColumns();
  base::Status ReadLine(size_t row);
  // What all lines that say it have to agree on.
  base::Status ReadDevice(size_t row);
  base::Status ReadResolution(size_t row);

  const CsvText& csv_;
  size_t key_ = 0;
  size_t mean_ = 0;
  std::optional<size_t> variance_;
  std::optional<size_t> count_;
  std::optional<size_t> device_;
  std::optional<size_t> resolution_;
  std::set<std::string> seen_;
  v1::LatencyTable table_;
};

base::Status LatencyLines::FindColumns() {
  NASSHRINK_ASSIGN_OR_RETURN(key_, csv_.Needed("key"));
  NASSHRINK_ASSIGN_OR_RETURN(mean_, csv_.Needed("mean_ms"));
  variance_ = csv_.Column("variance");
  count_ = csv_.Column("count");
  device_ = csv_.Column("device");
  resolution_ = csv_.Column("resolution");
  return {};
}

base::Status LatencyLines::ReadDevice(size_t row) {
  if (!device_ || csv_.At(row, *device_).empty()) return {};
  const std::string& device = csv_.At(row, *device_);
  NASSHRINK_RETURN_IF_ERROR(CheckText(device, "device"));
  if (!table_.device().empty() && table_.device() != device) {
    return csv_.Wrong(row, *device_, table_.device(), "a table is for one device");
  }
  table_.set_device(device);
  return {};
}

base::Status LatencyLines::ReadResolution(size_t row) {
  if (!resolution_ || csv_.At(row, *resolution_).empty()) return {};
  NASSHRINK_ASSIGN_OR_RETURN(const uint64_t side, csv_.Whole(row, *resolution_, 0, kMaxSide));
  if (side != 0 && table_.resolution() != 0 && side != table_.resolution()) {
    return csv_.Wrong(row, *resolution_, fmt::format("{}", table_.resolution()), "a table is for one input size");
  }
  if (side != 0) table_.set_resolution(static_cast<uint32_t>(side));
  return {};
}

base::Status LatencyLines::ReadLine(size_t row) {
  NASSHRINK_RETURN_IF_ERROR(ReadDevice(row));
  NASSHRINK_RETURN_IF_ERROR(ReadResolution(row));
  const std::string& key = csv_.At(row, key_);
  if (key.empty()) return csv_.Wrong(row, key_, "an operator key", "is no key");
  NASSHRINK_RETURN_IF_ERROR(CheckText(key, "key", kMaxKeyBytes));
  if (!seen_.insert(key).second) return csv_.Wrong(row, key_, "each key once", "the operator has a time already");
  NASSHRINK_ASSIGN_OR_RETURN(const double mean, csv_.Number(row, mean_));
  if (mean < 0) return csv_.Wrong(row, mean_, "0 or more", "is no time");
  double variance = 0;
  uint64_t count = 0;
  if (variance_ && !csv_.At(row, *variance_).empty()) {
    NASSHRINK_ASSIGN_OR_RETURN(variance, csv_.Number(row, *variance_));
    if (variance < 0) return csv_.Wrong(row, *variance_, "0 or more", "is no variance");
  }
  if (count_ && !csv_.At(row, *count_).empty()) {
    NASSHRINK_ASSIGN_OR_RETURN(count, csv_.Whole(row, *count_, 0, UINT64_MAX));
  }
  if (key == kFixed) {
    table_.set_fixed_ms(mean);
    table_.set_fixed_variance(variance);
    table_.set_fixed_count(count);
    return {};
  }
  v1::OperatorLatency* one = table_.add_operators();
  one->set_key(key);
  one->set_mean_ms(mean);
  one->set_variance(variance);
  one->set_count(count);
  return {};
}

base::Result<v1::LatencyTable> LatencyLines::Read() {
  NASSHRINK_RETURN_IF_ERROR(FindColumns());
  for (size_t row = 0; row < csv_.rows(); ++row) NASSHRINK_RETURN_IF_ERROR(ReadLine(row));
  table_.set_fixed_by_key(seen_.count(std::string(kFixed)) == 0);
  return std::move(table_);
}

void WriteLine(const v1::LatencyTable& table, std::string_view key, double mean, double variance, uint64_t count,
               std::string* text) {
  *text += fmt::format("{},{},{},{},{},{}\n", CsvCell(key), mean, variance, count, CsvCell(table.device()),
                       table.resolution());
}

}  // namespace

base::Result<v1::LatencyTable> ReadLatencyCsv(const CsvText& csv) { return LatencyLines(csv).Read(); }

base::Result<std::string> WriteLatency(const v1::LatencyTable& table) {
  if (table.entries_size() > 0) {
    return base::Invalid("latency.entries", table.entries_size(), "operators by key",
                         "a CSV has no candidates of one space");
  }
  if (table.has_children()) {
    return base::Invalid("latency.children", table.children_ms_size(), "operators by key",
                         "a CSV has no whole networks");
  }
  std::string text = "key,mean_ms,variance,count,device,resolution\n";
  if (!table.fixed_by_key()) {
    WriteLine(table, kFixed, table.fixed_ms(), table.fixed_variance(), table.fixed_count(), &text);
  } else if (table.fixed_ms() != 0) {
    return base::Invalid("latency.fixed_ms", table.fixed_ms(), "0 with fixed_by_key",
                         "a CSV has the fixed parts either in one line or by key");
  }
  for (const v1::OperatorLatency& one : table.operators()) {
    WriteLine(table, one.key(), one.mean_ms(), one.variance(), one.count(), &text);
  }
  return text;
}

}  // namespace nasshrink::space
