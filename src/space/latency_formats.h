// Latency tables as text: our own CSV, and the published tables.
//
//   csv          key,mean_ms[,variance][,count][,device][,resolution]; a key "fixed" is what every child has
//   proxylessnas op,input,output,expand,kernel,stride,...: ProxylessNAS's mobile table; `expand` is a ratio
//   once-for-all the same columns and se, hs; `expand` is a number of channels
//   fbnet        layer,op_index,op,c_in,c_out,stride,h_in and a column DEVICE_delta_ms a device (HW-NAS-Bench)
#ifndef NASSHRINK_SPACE_LATENCY_FORMATS_H_
#define NASSHRINK_SPACE_LATENCY_FORMATS_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/architecture.pb.h"
#include "space/csv_text.h"

namespace nasshrink::space {

struct LatencyFormat {
  std::string_view name;
  std::string_view help;
};
const std::vector<LatencyFormat>& LatencyFormats();

// An empty format is recognised by the columns; `device` picks a column where a file has several devices and otherwise
// names the device. INVALID_ARGUMENT names the line and the column.
base::Result<v1::LatencyTable> ReadLatency(std::string_view format, std::string_view device, std::string_view text);

// In the format "csv". INVALID_ARGUMENT for a table that has more than operators: entries of one space, or networks.
base::Result<std::string> WriteLatency(const v1::LatencyTable& table);

// One reader a format.
base::Result<v1::LatencyTable> ReadLatencyCsv(const CsvText& csv);
base::Result<v1::LatencyTable> ReadBlockLatency(const CsvText& csv, bool once_for_all);
base::Result<v1::LatencyTable> ReadFbnetLatency(const CsvText& csv, std::string_view device);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_LATENCY_FORMATS_H_
