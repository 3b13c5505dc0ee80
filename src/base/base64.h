// Base64 (RFC 4648, with padding), for bytes inside text metadata.
#ifndef NASSHRINK_BASE_BASE64_H_
#define NASSHRINK_BASE_BASE64_H_

#include <string>
#include <string_view>

#include "base/status.h"

namespace nasshrink::base {

std::string Base64Of(std::string_view bytes);

// DATA_LOSS for anything but whole, padded groups of the alphabet without line breaks.
Result<std::string> BytesOfBase64(std::string_view text);

}  // namespace nasshrink::base

#endif  // NASSHRINK_BASE_BASE64_H_
