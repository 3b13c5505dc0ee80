// Published spaces by name.
#ifndef NASSHRINK_SPACE_PRESETS_H_
#define NASSHRINK_SPACE_PRESETS_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/space.pb.h"
#include "space/preset_options.h"
#include "space/space.h"

namespace nasshrink::space {

struct PresetInfo {
  std::string name;
  std::string help;
  std::vector<PresetOption> options;
};

std::vector<PresetInfo> Presets();

// NOT_FOUND for an unknown name; INVALID_ARGUMENT for options that do not fit ("options.input_height: ...") or that
// the preset does not take.
base::Result<Space> Preset(std::string_view name, const v1::PresetOptions& options);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_PRESETS_H_
