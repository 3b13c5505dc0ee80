// Well-formed UTF-8 (Unicode 15, table 3-7).
#ifndef NASSHRINK_BASE_UTF8_H_
#define NASSHRINK_BASE_UTF8_H_

#include <cstddef>
#include <string_view>

namespace nasshrink::base {

// Bytes of the well-formed character at the front; 0 when there is none.
size_t Utf8CharacterSize(std::string_view text);

}  // namespace nasshrink::base

#endif  // NASSHRINK_BASE_UTF8_H_
