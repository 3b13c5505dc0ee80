// `--set path=value` on any message: field names as in the .proto files, "[i]" or "[key]" for one of a list.
#ifndef NASSHRINK_TOOLS_SETTINGS_H_
#define NASSHRINK_TOOLS_SETTINGS_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace nasshrink::tools {

// In order. A setting that fits no field ends the program and says which fields there are.
void ApplySettings(const std::vector<std::string>& settings, google::protobuf::Message* message);

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_SETTINGS_H_
