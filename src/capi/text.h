// UTF-8 at the border: checked on the way in, repaired in messages about bad input.
#ifndef NASSHRINK_CAPI_TEXT_H_
#define NASSHRINK_CAPI_TEXT_H_

#include <string>
#include <string_view>

#include "base/status.h"

namespace nasshrink::capi {

bool IsUtf8(std::string_view text);

// The text with every byte that is not UTF-8 replaced by '?'.
std::string Utf8Of(std::string_view text);

// A required NUL-terminated string.
base::Result<std::string> TextOf(const char* text, const char* parameter);
// "" for NULL.
base::Result<std::string> OptionalTextOf(const char* text, const char* parameter);

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_TEXT_H_
