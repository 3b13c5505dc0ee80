#include "latency.h"

#include "files.h"
#include "handles.h"
#include "spaces.h"

namespace nasshrink::tools {

v1::LatencyTable ReadLatency(nasshrink_context* context, const std::string& path, const std::string& format,
                             const std::string& device) {
  if (IsCsv(path)) {
    const std::string text = ReadText(path);
    return MessageOf<v1::LatencyTable>(MakeFrom<Buffer>(path, nasshrink_latency_import, context, format.c_str(),
                                                        device.c_str(), text.data(), text.size()));
  }
  if (!NamesFile(path)) {
    return Ask<v1::LatencyTable>(nasshrink_latency_preset, context, path.c_str());
  }
  if (!format.empty()) FailCall(path + ": --format is for a file that ends in .csv or .csv.gz");
  v1::LatencyTable table;
  ReadMessage(path, &table);
  if (!device.empty()) table.set_device(device);
  return table;
}

void WriteLatency(nasshrink_context* context, const std::string& path, const v1::LatencyTable& table) {
  if (!IsCsv(path)) return WriteMessage(path, table);
  const std::string bytes = table.SerializeAsString();
  WriteBytes(path, View(Make<Buffer>(nasshrink_latency_export, context, Data(bytes), bytes.size())));
}

v1::LatencyReport CheckLatency(const nasshrink_space* space, const v1::LatencyTable& table) {
  const std::string bytes = table.SerializeAsString();
  return Ask<v1::LatencyReport>(nasshrink_latency_check, space, Data(bytes), bytes.size());
}

}  // namespace nasshrink::tools
