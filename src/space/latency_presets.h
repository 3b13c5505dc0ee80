// Latency tables that come with the library.
#ifndef NASSHRINK_SPACE_LATENCY_PRESETS_H_
#define NASSHRINK_SPACE_LATENCY_PRESETS_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/architecture.pb.h"

namespace nasshrink::space {

struct LatencyPresetInfo {
  std::string name;
  std::string help;
};
const std::vector<LatencyPresetInfo>& LatencyPresets();

// INVALID_ARGUMENT for a name that is none.
base::Result<v1::LatencyTable> LatencyPreset(std::string_view name);

// latency_tables/pad-nas.csv, joined in by embed.py when the library is built.
extern const char kPadNasLatency[];

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_LATENCY_PRESETS_H_
