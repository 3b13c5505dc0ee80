// Architectures in the field's notations, by name.
//
// "ops": operator codes in choice order ("3 1 3 1 3 2", -1 is identity; what ABS, FairNAS and SPOS publish). "indices":
// root indices in choice order. "key": the child's number in the root space. Numbers may be separated by spaces, commas
// or both, in round or square brackets or none.
// "nas-bench-201": "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...|". "nas-bench-macro": "22212220", a digit a choice.
// "darts": "Genotype(normal=[('sep_conv_3x3', 0), ...], normal_concat=range(2, 6), reduce=..., reduce_concat=...)".
// "blocks": "k5e3,-,-,-;k7e3,..." kernel and expansion of every block, "-" is identity (ProxylessNAS, PAD-NAS).
// "proxylessnas", "once-for-all": the JSON network files of those works. "autospace": a JSON list of graph matrices.
#ifndef NASSHRINK_SPACE_NOTATION_H_
#define NASSHRINK_SPACE_NOTATION_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "space/space.h"

namespace nasshrink::space {

inline constexpr size_t kMaxNotationBytes = size_t{1} << 20;

struct NotationInfo {
  std::string_view name;
  std::string_view help;
};

// All notations.
std::vector<NotationInfo> Notations();

// Those that can write architectures of this space.
std::vector<std::string> Formats(const Space& space);

// An empty format detects it; text that no notation recognises is read as "ops". The operators must be alive.
// INVALID_ARGUMENT with the field "text[BYTE]", counted from 0, or in JSON the path of the value at fault.
base::Result<Architecture> ImportArchitecture(const Space& space, std::string_view format, std::string_view text);

// An empty format is "ops". INVALID_ARGUMENT for a format that cannot write children of the space, or not this one.
base::Result<std::string> ExportArchitecture(const Space& space, const Architecture& architecture,
                                             std::string_view format);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_NOTATION_H_
