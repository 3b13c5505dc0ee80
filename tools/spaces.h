// What a SPACE argument means: the name of a preset or a file of SearchSpace.
//
// Everything here ends the program when an argument cannot be read.
#ifndef NASSHRINK_TOOLS_SPACES_H_
#define NASSHRINK_TOOLS_SPACES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "handles.h"
#include "nasshrink/v1/context.pb.h"
#include "nasshrink/v1/space.pb.h"
#include "shared_options.h"

namespace nasshrink::tools {

Context OpenContext(const SharedOptions& shared);

// True for the name of a file, false for that of a preset.
bool NamesFile(const std::string& space);

// `options` shape a preset; a file is taken as it is.
Space OpenSpace(nasshrink_context* context, const std::string& space, const v1::PresetOptions& options = {});
// The space of a network file (nasshrink_space_import), with one candidate a choice.
Space OpenConfig(nasshrink_context* context, const std::string& path);
Space SpaceOf(nasshrink_context* context, const v1::SearchSpace& message);

v1::SearchSpace MessageOf(const nasshrink_space* space);
v1::SpaceSummary SummaryOf(const nasshrink_space* space);

// Canonical bytes, or text by the extension.
void WriteSpace(const std::string& path, const nasshrink_space* space);

// From "channels=8" and so on: classes, channels, cells, height, width, input_channels.
v1::PresetOptions PresetSettings(const std::vector<std::string>& settings);

// "CHOICE:OP": an index and an operator code.
v1::OperatorRef ParseOperator(const v1::SearchSpace& space, const std::string& text);
// `choice` and `op`, the operator's code.
Json OperatorJson(const v1::SearchSpace& space, uint32_t choice, uint32_t candidate);

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_SPACES_H_
