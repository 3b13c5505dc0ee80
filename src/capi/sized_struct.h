// Sized structs of the caller: accepted when at least as long as the first version; what this version does not know
// must be zero.
#ifndef NASSHRINK_CAPI_SIZED_STRUCT_H_
#define NASSHRINK_CAPI_SIZED_STRUCT_H_

#include <algorithm>
#include <cstdint>

#include "base/status.h"

namespace nasshrink::capi {

// Longer ones are taken for an uninitialised struct_size rather than read.
inline constexpr uint32_t kMaxStructSize = 4096;

base::Status CheckStruct(const void* data, uint32_t size, uint32_t known, const char* parameter);

// A copy of what this version knows.
template <typename Struct>
base::Result<Struct> StructOf(const Struct* from, const char* parameter) {
  NASSHRINK_RETURN_IF_ERROR(CheckStruct(from, from->struct_size, sizeof(Struct), parameter));
  return *from;
}

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_SIZED_STRUCT_H_
