// Latency tables as files: CSV (our own and the published ones, gzipped or not) and LatencyTable messages.
//
// Everything here ends the program when a file cannot be read or written.
#ifndef NASSHRINK_TOOLS_LATENCY_H_
#define NASSHRINK_TOOLS_LATENCY_H_

#include <string>

#include "nasshrink.h"
#include "nasshrink/v1/architecture.pb.h"
#include "nasshrink/v1/space.pb.h"
#include "output.h"

namespace nasshrink::tools {

// A table that comes with the library, or a file. By its name: ".csv" and ".csv.gz" are text in one of
// nasshrink_latency_import's formats ("" recognises it), all else a message. `device` picks or names the device of a
// text.
v1::LatencyTable ReadLatency(nasshrink_context* context, const std::string& path, const std::string& format = "",
                             const std::string& device = "");
void WriteLatency(nasshrink_context* context, const std::string& path, const v1::LatencyTable& table);

v1::LatencyReport CheckLatency(const nasshrink_space* space, const v1::LatencyTable& table);

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_LATENCY_H_
