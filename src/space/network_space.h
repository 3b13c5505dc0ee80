// Search spaces from published files that carry their own widths: a network becomes a space with one candidate a
// choice, a learned AutoSpace space one with its cells.
#ifndef NASSHRINK_SPACE_NETWORK_SPACE_H_
#define NASSHRINK_SPACE_NETWORK_SPACE_H_

#include <string_view>

#include "base/status.h"
#include "space/space.h"

namespace nasshrink::space {

// "network": a ProxylessNAS, Once-for-All or AutoSpace network (space/network_config.h), each block a choice with one
// candidate; 224x224 pixels, which such files do not say. "autospace-space": AutoSpace's learned space; its file has no
// widths, so its layers have those of the preset "autospace". An empty format detects it.
// INVALID_ARGUMENT naming the place in the document.
base::Result<Space> ImportSpace(std::string_view format, std::string_view text);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_NETWORK_SPACE_H_
