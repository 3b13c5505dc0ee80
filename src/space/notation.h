// Architectures in the field's notations.
//
// "ops": operator codes in choice order ("3 1 3 1 3 2", -1 is identity). "indices": root indices in choice order.
// "nas-bench-201": "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...|", where the space has that cell. Numbers may be
// separated by spaces, commas or both.
#ifndef NASSHRINK_SPACE_NOTATION_H_
#define NASSHRINK_SPACE_NOTATION_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "space/space.h"

namespace nasshrink::space {

// The notations that can write architectures of this space.
std::vector<std::string> Formats(const Space& space);

// An empty format detects it: text with '|' or '~' is "nas-bench-201", anything else "ops". The operators must be
// alive. INVALID_ARGUMENT naming the position at fault.
base::Result<Architecture> ImportArchitecture(const Space& space, std::string_view format, std::string_view text);

// An empty format is "ops".
base::Result<std::string> ExportArchitecture(const Space& space, const Architecture& architecture,
                                             std::string_view format);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_NOTATION_H_
