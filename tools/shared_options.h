// The flags that all commands share.
#ifndef NASSHRINK_TOOLS_SHARED_OPTIONS_H_
#define NASSHRINK_TOOLS_SHARED_OPTIONS_H_

#include <cstdint>
#include <string>

namespace nasshrink::tools {

struct SharedOptions {
  uint64_t seed = 0;
  uint32_t workers = 0;
  uint32_t threads = 0;
  std::string device = "cpu";
  bool quiet = false;
  bool json = false;
  double max_seconds = 0;
  // Bytes; 0 is none.
  uint64_t memory_limit = 0;
};

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_SHARED_OPTIONS_H_
