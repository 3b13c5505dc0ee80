// Timeouts of blocking calls.
#ifndef NASSHRINK_CAPI_TIMEOUT_H_
#define NASSHRINK_CAPI_TIMEOUT_H_

#include <cstdint>

namespace nasshrink::capi {

// Above a year (our decision) clocks would overflow, so that long waits are for ever, too.
inline bool WaitsForEver(int64_t timeout_ms) {
  constexpr int64_t kYear = int64_t{366} * 24 * 3600 * 1000;
  return timeout_ms < 0 || timeout_ms > kYear;
}

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_TIMEOUT_H_
