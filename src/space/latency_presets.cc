#include "space/latency_presets.h"

#include "space/latency_formats.h"
#include "space/notation_text.h"

namespace nasshrink::space {
namespace {

constexpr std::string_view kPadNas = "pad-nas-cpu";

}  // namespace

const std::vector<LatencyPresetInfo>& LatencyPresets() {
  static const auto* const presets = new std::vector<LatencyPresetInfo>{
      {std::string(kPadNas), "PAD-NAS's two spaces at 224x224 on one thread of a server's processor"}};
  return *presets;
}

base::Result<v1::LatencyTable> LatencyPreset(std::string_view name) {
  if (name != kPadNas) return base::Invalid("name", Shown(name), kPadNas, "names no latency table");
  NASSHRINK_ASSIGN_OR_RETURN(v1::LatencyTable table, ReadLatency("csv", "", kPadNasLatency));
  table.set_name(std::string(name));
  return table;
}

}  // namespace nasshrink::space
