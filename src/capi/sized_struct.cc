#include "capi/sized_struct.h"

#include <string>

namespace nasshrink::capi {

base::Status CheckStruct(const void* data, uint32_t size, uint32_t known, const char* parameter) {
  if (size < known || size > kMaxStructSize) {
    return base::Invalid(std::string(parameter) + ".struct_size", size, fmt::format("{}..{}", known, kMaxStructSize),
                         "is not the size of the struct");
  }
  const auto* const bytes = static_cast<const unsigned char*>(data);
  if (std::all_of(bytes + known, bytes + size, [](unsigned char byte) { return byte == 0; })) return {};
  return base::Invalid(parameter, "bytes beyond this version's struct that are not zero", "zeros",
                       "asks for something that this version does not know");
}

}  // namespace nasshrink::capi
